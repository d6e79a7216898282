/* sweep - the socketpair sweep: the same program, both ends of every connection in it, on epoll and on the ring.
 *
 * Standard output gets the table and the verdict, standard error the progress.
 */
#include "sweep.h"
#include "child.h"
#include "tcp.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAIRS_MAX = 4096, BYTES_MAX = 16 * 1024 * 1024, RUN_MS_MAX = 30000, DEFAULT_RUNS = 3, DEFAULT_RUN_MS = 400 };

static const char usage_text[] =
    "usage: bench/socketpair [options]\n"
    "Pairs of libevent bufferevents in one process, joined by AF_UNIX socketpairs: a message one way, one byte back.\n"
    "The same unmodified program runs on epoll and on the ring in turns, as whole processes on one CPU.\n"
    "  --pairs N,N,...    how many pairs (default 1,16,64,128)\n"
    "  --sizes N,N,...    bytes of a message (default 1024,65536)\n"
    "  --runs N           processes on epoll and on the ring of each row (default %d)\n"
    "  --run-ms MS        how long one on epoll takes, about (default %d)\n"
    "  --json FILE        also write everything measured to FILE\n"
    "  --lib-dir DIR      the adapter, instead of the build tree's lib/\n"
    "RINGBACK_ variables of the environment apply to the ring side. Each row first checks every byte of some rounds.\n"
    "Exits with 0 if no row is slower on the ring, 1 if one is or a run failed, 2 if it could not start.\n";

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("socketpair: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\nsocketpair: --help lists the options\n", stderr);
    va_end(arguments);
    exit(SWEEP_EXIT_USAGE);
}

static unsigned number_of(const char *name, const char *text, unsigned max) {
    uint64_t number = 0;
    if (!tcp_parse_number(text, 1, max, &number)) {
        refuse("--%s wants numbers from 1 to %u, not \"%s\"", name, max, text);
    }
    return (unsigned)number;
}

static unsigned parse_list(const char *name, char *text, unsigned max, unsigned *list) {
    unsigned count = 0;
    char *rest = NULL;
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        if (count == SWEEP_LIST_MAX) {
            refuse("--%s takes at most %d numbers", name, SWEEP_LIST_MAX);
        }
        list[count++] = number_of(name, item, max);
    }
    if (count == 0) {
        refuse("--%s wants numbers", name);
    }
    return count;
}

/* The build tree is where this program lies: BUILD/bin. */
static void set_directories(struct sweep_options *options, const char *lib_dir) {
    char path[PATH_MAX] = "";
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 8);
    char *slash = length > 0 ? strrchr(path, '/') : NULL;
    if (slash == NULL) {
        refuse("/proc is needed, and is not mounted");
    }
    *slash = '\0';
    (void)memcpy(options->bin_dir, path, sizeof(path));
    slash = strrchr(path, '/');
    (void)memcpy(slash == NULL ? path : slash, "/lib", sizeof("/lib"));
    if (snprintf(options->lib_dir, PATH_MAX, "%s", lib_dir == NULL ? path : lib_dir) >= PATH_MAX) {
        refuse("\"%s\" is too long a path", lib_dir);
    }
}

void sweep_parse(struct sweep_options *options, int argc, char **argv) {
    static const struct option names[] = {
        {"pairs", required_argument, NULL, 'p'}, {"sizes", required_argument, NULL, 's'},
        {"runs", required_argument, NULL, 'r'},  {"run-ms", required_argument, NULL, 'm'},
        {"json", required_argument, NULL, 'j'},  {"lib-dir", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},        {0},
    };
    *options = (struct sweep_options){
        .pairs = {1, 16, 64, 128},
        .pairs_count = 4,
        .bytes = {1024, 65536},
        .bytes_count = 2,
        .runs = DEFAULT_RUNS,
        .run_ms = DEFAULT_RUN_MS,
    };
    const char *lib_dir = NULL;
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'p':
            options->pairs_count = parse_list("pairs", optarg, PAIRS_MAX, options->pairs);
            break;
        case 's':
            options->bytes_count = parse_list("sizes", optarg, BYTES_MAX, options->bytes);
            break;
        case 'r':
            options->runs = number_of("runs", optarg, SWEEP_RUNS_MAX);
            break;
        case 'm':
            options->run_ms = number_of("run-ms", optarg, RUN_MS_MAX);
            break;
        case 'j':
            options->json_path = optarg;
            break;
        case 'l':
            lib_dir = optarg;
            break;
        case 'h':
            (void)printf(usage_text, DEFAULT_RUNS, DEFAULT_RUN_MS);
            exit(SWEEP_EXIT_PASS);
        default:
            refuse("that is no option of this program");
        }
    }
    if (optind < argc) {
        refuse("\"%s\" is no option of this program", argv[optind]);
    }
    set_directories(options, lib_dir);
}

/* The last CPU that we may use: the first one has most of what else goes on. */
static int choose_cpu(void) {
    cpu_set_t allowed;
    int chosen = CHILD_CPU_ANY;
    CPU_ZERO(&allowed);
    (void)sched_getaffinity(0, sizeof(allowed), &allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        chosen = CPU_ISSET((size_t)cpu, &allowed) ? cpu : chosen;
    }
    return chosen;
}

static bool require_file(const char *directory, const char *name) {
    char file[PATH_MAX + 64];
    (void)snprintf(file, sizeof(file), "%s/%s", directory, name);
    if (access(file, R_OK) == 0) {
        return true;
    }
    (void)fprintf(stderr, "socketpair: %s is missing: build it with \"cmake --build --preset release\"\n", file);
    return false;
}

static void raise_descriptor_limit(void) {
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void print_progress(const struct sweep_row *row) {
    if (row->error[0] != '\0') {
        (void)fprintf(stderr, "%s\n", row->error);
    } else {
        (void)fprintf(stderr, "throughput %.2f, CPU %.2f%s\n", row->throughput_ratio.median, row->cpu_ratio.median,
                      row->disturbed ? " (disturbed)" : "");
    }
}

int main(int argc, char **argv) {
    static struct sweep_options options;
    static struct sweep_row rows[SWEEP_LIST_MAX * SWEEP_LIST_MAX];
    sweep_parse(&options, argc, argv);
    if (!require_file(options.bin_dir, "rb-pairs") || !require_file(options.lib_dir, "libringback-event.so")) {
        return SWEEP_EXIT_USAGE;
    }
    (void)setenv("RINGBACK", "require", 1); /* only a preloaded adapter looks at it: epoll must not pass for the ring */
    raise_descriptor_limit();
    child_catch_signals();
    const int cpu = choose_cpu();
    const unsigned total = options.bytes_count * options.pairs_count;
    bool passes = true;
    for (unsigned i = 0; i < total; i++) {
        rows[i].bytes = options.bytes[i / options.pairs_count];
        rows[i].pairs = options.pairs[i % options.pairs_count];
        (void)fprintf(stderr, "[%u/%u] %u B x %u: ", i + 1, total, rows[i].bytes, rows[i].pairs);
        if (sweep_row_run(&rows[i], &options, cpu) == -EINTR) {
            (void)fprintf(stderr, "interrupted; nothing was left running\n");
            return SWEEP_EXIT_INTERRUPTED;
        }
        print_progress(&rows[i]);
        passes = passes && sweep_row_passes(&rows[i]);
    }
    sweep_report(&options, rows, total, cpu);
    const int error = options.json_path == NULL ? 0 : sweep_report_json(&options, rows, total, cpu);
    if (error != 0) {
        (void)fprintf(stderr, "socketpair: cannot write %s: %s\n", options.json_path, strerror(-error));
    }
    return passes && error == 0 ? SWEEP_EXIT_PASS : SWEEP_EXIT_FAIL;
}
