/* options - see options.h. */
#include "options.h"
#include "contest.h"
#include "tcp.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_MAX_BYTES = 16 * 1024 * 1024, CONNECTIONS_MAX = 20000, WINDOW_MS_MAX = 600000 };
/* The full sweep has 250 rows, and is to end within half an hour. */
enum { DEFAULT_WINDOW_MS = 400, DEFAULT_WINDOW_MS_FULL = 300, DEFAULT_PAIRS = 3 };

static const char usage_text[] =
    "usage: ringback-bench [--quick | --full] [options]\n"
    "Runs unmodified programs on epoll and on the ring, in turns, under the same verified load, and compares them.\n"
    "  --quick            64 connections, 64 B to 16 KiB, under two minutes (the default)\n"
    "  --full             every workload, 1 to 10000 connections, 64 B to 4 MiB, under half an hour\n"
    "  --only SERVER      only this one; may be repeated: %s\n"
    "  --workload NAME    only this one; may be repeated: %s\n"
    "  --size BYTES       instead of the sizes above; may be repeated\n"
    "  --conns N          instead of the connection counts above; may be repeated\n"
    "  --pairs N          runs on epoll and on the ring of each row (default %d)\n"
    "  --window-ms MS     measured time of a run (default %d; with --full %d)\n"
    "  --json FILE        also write everything measured to FILE\n"
    "  --report DIR       also write DIR/index.html, a page of pictures and tables, and DIR/results.json\n"
    "  --from FILE        with --report, and nothing else: measure nothing, make the page from such a JSON\n"
    "  --build-dir DIR    a build tree, instead of the one that this program lies in\n"
    "  --lib-dir DIR      the adapters, instead of the build tree's lib/\n"
    "Exits with 0 if no row is slower on the ring, 1 if one is or a run failed, 2 if it could not start.\n";

static void print_usage(FILE *stream) {
    (void)fprintf(stream, usage_text, contest_names(), plan_names(), DEFAULT_PAIRS, DEFAULT_WINDOW_MS,
                  DEFAULT_WINDOW_MS_FULL);
}

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("ringback-bench: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\nringback-bench --help lists the options\n", stderr);
    va_end(arguments);
    exit(OPTIONS_EXIT_USAGE);
}

static unsigned number_of(const char *name, const char *text, unsigned min, unsigned max) {
    uint64_t number = 0;
    if (!tcp_parse_number(text, min, max, &number)) {
        refuse("--%s wants a number from %u to %u, not \"%s\"", name, min, max, text);
    }
    return (unsigned)number;
}

static void check_room(const char *name, unsigned count) {
    if (count == OPTIONS_LIST_MAX) {
        refuse("--%s was given more than %d times", name, OPTIONS_LIST_MAX);
    }
}

static void set_directory(char *out, const char *directory, const char *below) {
    if (snprintf(out, PATH_MAX, "%s%s", directory, below) >= PATH_MAX) {
        refuse("\"%s\" is too long a path", directory);
    }
}

/* The build tree is where this program lies: BUILD/bin/ringback-bench. */
static void set_default_directories(struct options *options) {
    char path[PATH_MAX] = "";
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[length < 0 ? 0 : length] = '\0';
    for (int level = 0; level < 2; level++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL) {
            refuse("/proc is needed, and is not mounted");
        }
        *slash = '\0';
    }
    set_directory(options->bin_dir, path, "/bin");
    set_directory(options->lib_dir, path, "/lib");
}

static void apply(struct options *options, const char *name, const char *value, const char **lib_dir) {
    if (strcmp(name, "only") == 0) {
        check_room(name, options->only_count);
        if (!contest_known(value)) {
            refuse("there is no server \"%s\": --only knows %s", value, contest_names());
        }
        options->only[options->only_count++] = value;
    } else if (strcmp(name, "workload") == 0) {
        check_room(name, options->workload_count);
        if (plan_find(value) == NULL) {
            refuse("there is no workload \"%s\": --workload knows %s", value, plan_names());
        }
        options->workload[options->workload_count++] = value;
    } else if (strcmp(name, "size") == 0) {
        check_room(name, options->size_count);
        options->size[options->size_count++] = number_of(name, value, 1, SIZE_MAX_BYTES);
    } else if (strcmp(name, "conns") == 0) {
        check_room(name, options->connections_count);
        options->connections[options->connections_count++] = number_of(name, value, 1, CONNECTIONS_MAX);
    } else if (strcmp(name, "pairs") == 0) {
        options->pairs = number_of(name, value, 1, OPTIONS_PAIRS_MAX);
    } else if (strcmp(name, "window-ms") == 0) {
        options->window_ms = number_of(name, value, 1, WINDOW_MS_MAX);
    } else if (strcmp(name, "json") == 0) {
        options->json_path = value;
    } else if (strcmp(name, "report") == 0) {
        options->report_path = value;
    } else if (strcmp(name, "from") == 0) {
        options->from_path = value;
    } else if (strcmp(name, "build-dir") == 0) {
        set_directory(options->bin_dir, value, "/bin");
        set_directory(options->lib_dir, value, "/lib");
    } else if (strcmp(name, "lib-dir") == 0) {
        *lib_dir = value;
    } else if (strcmp(name, "help") == 0) {
        print_usage(stdout);
        exit(OPTIONS_EXIT_PASS);
    } else {
        options->full = strcmp(name, "full") == 0;
    }
}

void options_parse(struct options *options, int argc, char **argv) {
    static const struct option names[] = {
        {"quick", no_argument, NULL, 0},
        {"full", no_argument, NULL, 0},
        {"only", required_argument, NULL, 0},
        {"workload", required_argument, NULL, 0},
        {"size", required_argument, NULL, 0},
        {"conns", required_argument, NULL, 0},
        {"pairs", required_argument, NULL, 0},
        {"window-ms", required_argument, NULL, 0},
        {"json", required_argument, NULL, 0},
        {"report", required_argument, NULL, 0},
        {"from", required_argument, NULL, 0},
        {"build-dir", required_argument, NULL, 0},
        {"lib-dir", required_argument, NULL, 0},
        {"help", no_argument, NULL, 0},
        {0},
    };
    *options = (struct options){.pairs = DEFAULT_PAIRS};
    set_default_directories(options);
    const char *lib_dir = NULL; /* applied last: it counts whether --build-dir comes before or after it */
    int index = 0;
    int option = 0;
    const char *measuring = NULL; /* an option that is about measuring */
    while ((option = getopt_long(argc, argv, "", names, &index)) != -1) {
        if (option != 0) {
            refuse("that is no option of this program");
        }
        apply(options, names[index].name, optarg, &lib_dir);
        if (strcmp(names[index].name, "report") != 0 && strcmp(names[index].name, "from") != 0) {
            measuring = names[index].name;
        }
    }
    if (optind < argc) {
        refuse("\"%s\" is no option of this program", argv[optind]);
    }
    if (options->from_path != NULL && (options->report_path == NULL || measuring != NULL)) {
        refuse("--from measures nothing: it goes with --report%s%s", measuring == NULL ? "" : ", and not with --",
               measuring == NULL ? "" : measuring);
    }
    if (options->window_ms == 0) {
        options->window_ms = options->full ? DEFAULT_WINDOW_MS_FULL : DEFAULT_WINDOW_MS;
    }
    if (lib_dir != NULL) {
        set_directory(options->lib_dir, lib_dir, "");
    }
}
