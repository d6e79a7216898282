/* zerocopy - write(), SEND and SEND_ZC side by side, by size and by route, with the kernel's word on what it copied.
 *
 * Standard output gets the tables, standard error the progress.
 */
#include "zerocopy.h"
#include "pin.h"
#include "tcp.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN_MS_LIMIT = 30000, DEFAULT_RUNS = 5, DEFAULT_RUN_MS = 150, ROWS_MAX = (int)ROUTES * ZEROCOPY_LIST_MAX };

static const char usage_text[] =
    "usage: bench/zerocopy [options]\n"
    "       bench/zerocopy --listen [ADDRESS:]PORT     be the far end for another host, until Ctrl-C\n"
    "Sends over TCP by write(), SEND, SEND_ZC, SENDMSG_ZC and SEND_ZC from registered buffers, and compares them.\n"
    "  --routes A,B,...   lo, veth, swallow (default: all of them; the last two make network namespaces)\n"
    "  --connect HOST:PORT  instead: send to a bench/zerocopy --listen on another host\n"
    "  --sizes N,N,...    bytes of a message (default 1 KiB to 1 MiB, by fours)\n"
    "  --runs N           turns (default %d)\n"
    "  --run-ms MS        how long each way has in a turn, about (default %d)\n"
    "  --nagle            without TCP_NODELAY: sends may share packets (see docs/measuring.md)\n"
    "  --json FILE        also write everything measured to FILE\n"
    "Exits with 0 if everything could be measured and came out right, 1 if not, 2 if it could not start.\n";

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("zerocopy: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\nzerocopy: --help lists the options\n", stderr);
    va_end(arguments);
    exit(ZEROCOPY_EXIT_USAGE);
}

static unsigned number_of(const char *name, const char *text, unsigned min, unsigned max) {
    uint64_t number = 0;
    if (!tcp_parse_number(text, min, max, &number)) {
        refuse("--%s wants numbers from %u to %u, not \"%s\"", name, min, max, text);
    }
    return (unsigned)number;
}

static void parse_sizes(struct zerocopy_options *options, char *text) {
    char *rest = NULL;
    options->size_count = 0;
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        if (options->size_count == ZEROCOPY_LIST_MAX) {
            refuse("--sizes takes at most %d numbers", ZEROCOPY_LIST_MAX);
        }
        options->sizes[options->size_count++] = number_of("sizes", item, WIRE_STAMP, WIRE_SIZE_MAX);
    }
}

static void parse_routes(struct zerocopy_options *options, char *text) {
    char *rest = NULL;
    options->route_count = 0;
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        const enum route_kind kind = route_find(item);
        if (kind == ROUTES || options->route_count == ROUTES) {
            refuse("--routes knows lo, veth and swallow, each once; not \"%s\"", item);
        }
        options->routes[options->route_count++] = kind;
    }
}

/* "HOST:PORT", the last colon counts. */
static void parse_remote(struct zerocopy_options *options, const char *text) {
    const char *colon = strrchr(text, ':');
    const size_t length = colon == NULL ? 0 : (size_t)(colon - text);
    if (length == 0 || length >= sizeof(options->remote_host) || strlen(colon + 1) >= sizeof(options->remote_port)) {
        refuse("--connect wants HOST:PORT, not \"%s\"", text);
    }
    (void)snprintf(options->remote_host, sizeof(options->remote_host), "%.*s", (int)length, text);
    (void)snprintf(options->remote_port, sizeof(options->remote_port), "%s", colon + 1);
    options->routes[0] = ROUTE_REMOTE;
    options->route_count = 1;
}

/* This process becomes the drain. */
__attribute__((noreturn)) static void listen_for_others(const struct zerocopy_options *options, char *text) {
    char program[PATH_MAX + 16];
    char *colon = strrchr(text, ':');
    const char *address = colon == NULL ? "0.0.0.0" : text;
    const char *port = colon == NULL ? text : colon + 1;
    if (colon != NULL) {
        *colon = '\0';
    }
    (void)snprintf(program, sizeof(program), "%s/rb-drain", options->bin_dir);
    (void)execl(program, program, address, port, (char *)NULL);
    refuse("cannot run %s: %s", program, strerror(errno));
}

/* The build tree is where this program lies: BUILD/bin. */
static void set_directory(struct zerocopy_options *options) {
    const ssize_t length = readlink("/proc/self/exe", options->bin_dir, sizeof(options->bin_dir) - 1);
    char *slash = length > 0 ? strrchr(options->bin_dir, '/') : NULL;
    if (slash == NULL) {
        refuse("/proc is needed, and is not mounted");
    }
    *slash = '\0';
}

static void apply(struct zerocopy_options *options, int option, char *value) {
    switch (option) {
    case 'r':
        parse_routes(options, value);
        break;
    case 'c':
        parse_remote(options, value);
        break;
    case 'l':
        listen_for_others(options, value);
    case 's':
        parse_sizes(options, value);
        break;
    case 'n':
        options->runs = number_of("runs", value, 1, ZEROCOPY_RUNS_MAX);
        break;
    case 'm':
        options->run_ms = number_of("run-ms", value, 1, RUN_MS_LIMIT);
        break;
    case 'd':
        options->nagle = true;
        break;
    case 'j':
        options->json_path = value;
        break;
    case 'h':
        (void)printf(usage_text, DEFAULT_RUNS, DEFAULT_RUN_MS);
        exit(ZEROCOPY_EXIT_PASS);
    default:
        refuse("that is no option of this program");
    }
}

static void parse(struct zerocopy_options *options, int argc, char **argv) {
    static const struct option names[] = {
        {"routes", required_argument, NULL, 'r'}, {"connect", required_argument, NULL, 'c'},
        {"listen", required_argument, NULL, 'l'}, {"sizes", required_argument, NULL, 's'},
        {"runs", required_argument, NULL, 'n'},   {"run-ms", required_argument, NULL, 'm'},
        {"nagle", no_argument, NULL, 'd'},        {"json", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    *options = (struct zerocopy_options){
        .routes = {ROUTE_LOOPBACK, ROUTE_VETH, ROUTE_SWALLOW},
        .route_count = 3,
        .sizes = {1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20},
        .size_count = 6,
        .runs = DEFAULT_RUNS,
        .run_ms = DEFAULT_RUN_MS,
    };
    set_directory(options);
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        apply(options, option, optarg);
    }
    if (optind < argc) {
        refuse("\"%s\" is no option of this program", argv[optind]);
    }
}

/* The sender's CPU and the far end's, or any when there is only one. */
static void choose_cpus(int *sender, int *far_end) {
    cpu_set_t near;
    cpu_set_t far;
    const bool apart = pin_split(&near, &far);
    *sender = apart ? pin_first(&near) : CHILD_CPU_ANY;
    *far_end = apart ? pin_first(&far) : CHILD_CPU_ANY;
}

static void print_progress(const struct zerocopy_row *row) {
    const struct zerocopy_figures *figures = &row->method[METHOD_SEND_ZC];
    if (row->error[0] != '\0') {
        (void)fprintf(stderr, "%s\n", row->error);
    } else if (figures->lacking) {
        (void)fprintf(stderr, "no zero-copy: %s\n", figures->why);
    } else {
        (void)fprintf(stderr, "send_zc: throughput %.2f, CPU %.2f\n", figures->throughput_ratio.median,
                      figures->cpu_ratio.median);
    }
}

/* All sizes over one route. Returns -EINTR when interrupted, else 0. */
static int run_route(const struct zerocopy_options *options, struct route_link *link, enum route_kind kind,
                     struct zerocopy_row *rows) {
    struct route route = {.kind = kind, .ns = ROUTE_HERE, .far_end = {.out = -1, .said = -1}};
    char why[ROUTE_WHY_MAX] = "";
    int cpu[2] = {0};
    int error = 0;
    choose_cpus(&cpu[0], &cpu[1]);
    if (kind == ROUTE_REMOTE) {
        (void)snprintf(route.host, sizeof(route.host), "%s", options->remote_host);
        (void)snprintf(route.port, sizeof(route.port), "%s", options->remote_port);
    } else {
        error = route_open(&route, link, kind, options->bin_dir, cpu[1], why);
    }
    for (unsigned i = 0; i < options->size_count && error != -EINTR; i++) {
        rows[i].route = kind;
        rows[i].size = options->sizes[i];
        (void)fprintf(stderr, "%s, %u B: ", route_name(kind), rows[i].size);
        if (error != 0) {
            (void)snprintf(rows[i].error, sizeof(rows[i].error), "%s", why);
        } else if (zerocopy_measure(&rows[i], options, &route, link, cpu[0]) == -EINTR) {
            error = -EINTR;
            break;
        }
        print_progress(&rows[i]);
    }
    route_close(&route);
    return child_interrupted() ? -EINTR : 0;
}

int main(int argc, char **argv) {
    static struct zerocopy_options options;
    static struct zerocopy_row rows[ROWS_MAX];
    struct route_link link = {0};
    int error = 0;
    parse(&options, argc, argv);
    child_catch_signals();
    const unsigned count = options.route_count * options.size_count;
    for (unsigned i = 0; i < options.route_count && error == 0; i++) {
        error = run_route(&options, &link, options.routes[i], &rows[i * options.size_count]);
    }
    route_link_close(&link);
    if (error == -EINTR) {
        (void)fprintf(stderr, "interrupted; nothing was left running\n");
        return ZEROCOPY_EXIT_INTERRUPTED;
    }
    zerocopy_report(&options, rows, count);
    bool passes = true;
    for (unsigned i = 0; i < count; i++) {
        passes = passes && rows[i].error[0] == '\0';
    }
    error = options.json_path == NULL ? 0 : zerocopy_report_json(&options, rows, count);
    if (error != 0) {
        (void)fprintf(stderr, "zerocopy: cannot write %s: %s\n", options.json_path, strerror(-error));
    }
    return passes && error == 0 ? ZEROCOPY_EXIT_PASS : ZEROCOPY_EXIT_FAIL;
}
