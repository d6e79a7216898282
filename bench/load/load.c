/* load - the verified load generator: N connections, one request in flight on each, every byte of every answer checked.
 *
 * It measures the server at moments when nothing is in flight: CPU time and system calls read then belong exactly to
 * the requests between them. Prints one line of JSON; exits 0 if every answer was right, 1 if not, 2 for wrong usage.
 */
#include "counter.h"
#include "engine.h"
#include "tcp.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, SETTLE_MS = 2, SPARE_FDS = 64 };

struct options {
    uint64_t port;
    uint64_t connections;
    uint64_t size;
    uint64_t requests; /* 0: the window is limited in time */
    uint64_t warmup_ms;
    uint64_t window_ms;
    uint64_t stall_ms;
    uint64_t server_pid; /* 0: the server's CPU time is not asked for */
    uint64_t syscalls_ms;
    enum workload_kind kind;
};

struct result {
    struct engine_phase window;
    uint64_t cpu_ns;
    uint64_t waited_ns; /* by the server and by us together: what other work on their cores took from the window */
    struct engine_phase slice;
    struct syscall_counter counter;
    uint64_t syscalls;
    int syscalls_error;
};

static const char usage_text[] =
    "usage: rb-load --port PORT [options]\n"
    "  --kv              memcached's text protocol, one set to nine gets (default: echo)\n"
    "  --connections N   (default 64)\n"
    "  --size BYTES      of a request or a value (default 64)\n"
    "  --requests N      measure so many requests in all, rounded up to a multiple of N connections\n"
    "  --window-ms MS    ... or for so long (default 1000)\n"
    "  --warmup-ms MS    before that (default 100)\n"
    "  --stall-ms MS     without progress, an answer counts as lost (default 5000)\n"
    "  --server-pid PID  also measure the CPU time of that process\n"
    "  --syscalls-ms MS  ... and count its system calls, in a slice of so long after the window\n";

static void options_usage(FILE *stream) {
    (void)fputs(usage_text, stream);
}

/* Returns false when an argument is wrong. */
static bool options_parse(struct options *options, int argc, char **argv) {
    struct number_option {
        uint64_t *number;
        uint64_t min;
        uint64_t max;
    };
    enum { NUMBERS = 9, OPTION_KV = NUMBERS, OPTION_HELP };
    const struct number_option numbers[NUMBERS] = {
        {&options->port, 1, 65535},
        {&options->connections, 1, 100000},
        {&options->size, 1, WORKLOAD_SIZE_MAX},
        {&options->requests, 1, UINT64_MAX},
        {&options->window_ms, 1, 86400000},
        {&options->warmup_ms, 0, 86400000},
        {&options->stall_ms, 1, 86400000},
        {&options->server_pid, 1, INT32_MAX},
        {&options->syscalls_ms, 1, 86400000},
    };
    static const struct option names[] = {
        {"port", required_argument, NULL, 0},        {"connections", required_argument, NULL, 1},
        {"size", required_argument, NULL, 2},        {"requests", required_argument, NULL, 3},
        {"window-ms", required_argument, NULL, 4},   {"warmup-ms", required_argument, NULL, 5},
        {"stall-ms", required_argument, NULL, 6},    {"server-pid", required_argument, NULL, 7},
        {"syscalls-ms", required_argument, NULL, 8}, {"kv", no_argument, NULL, OPTION_KV},
        {"help", no_argument, NULL, OPTION_HELP},    {0},
    };
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == OPTION_HELP) {
            options_usage(stdout);
            exit(EXIT_SUCCESS);
        }
        if (option == OPTION_KV) {
            options->kind = WORKLOAD_KV;
            continue;
        }
        if (option < 0 || option >= NUMBERS) {
            return false;
        }
        const struct number_option *number = &numbers[option];
        if (!tcp_parse_number(optarg, number->min, number->max, number->number)) {
            (void)fprintf(stderr, "rb-load: --%s wants a number from %llu to %llu, not \"%s\"\n", names[option].name,
                          (unsigned long long)number->min, (unsigned long long)number->max, optarg);
            return false;
        }
    }
    return optind == argc && options->port != 0;
}

/* A descriptor for each connection, as far as the hard limit goes; connecting reports it if that is not enough. */
static void raise_descriptor_limit(uint64_t connections) {
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < connections + SPARE_FDS) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Give the server the time to fall asleep, so that its counters are up to date. */
static void settle(void) {
    const struct timespec pause = {.tv_nsec = SETTLE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static int measure_warmup(struct engine *engine, const struct workload *workload, uint64_t warmup_ms) {
    struct engine_phase preload = {.turns = workload_preload_turns(workload)};
    int error = preload.turns == 0 ? 0 : engine_run(engine, &preload);
    if (error == 0 && warmup_ms > 0) {
        struct engine_phase warmup = {.duration_ns = warmup_ms * 1000000U};
        error = engine_run(engine, &warmup);
    }
    return error;
}

static int read_counters(pid_t pid, uint64_t *cpu_ns, uint64_t *waited_ns) {
    settle();
    uint64_t own_waited_ns = 0;
    int error = counter_cpu_ns(pid, cpu_ns);
    if (error == 0) {
        error = counter_waited_ns(pid, waited_ns);
    }
    if (error == 0) {
        error = counter_waited_ns(getpid(), &own_waited_ns);
    }
    *waited_ns += own_waited_ns;
    return error;
}

static int measure_window(struct engine *engine, const struct options *options, struct result *result) {
    const pid_t pid = (pid_t)options->server_pid;
    uint64_t cpu_before_ns = 0;
    uint64_t waited_before_ns = 0;
    int error = pid == 0 ? 0 : read_counters(pid, &cpu_before_ns, &waited_before_ns);
    if (error == 0) {
        error = engine_run(engine, &result->window);
    }
    if (error == 0 && pid != 0) {
        error = read_counters(pid, &result->cpu_ns, &result->waited_ns);
        result->cpu_ns -= cpu_before_ns;
        result->waited_ns -= waited_before_ns;
    }
    return error;
}

/* The slice is separate from the window because counting slows every system call down. */
static int measure_syscalls(struct engine *engine, const struct options *options, struct result *result) {
    syscall_counter_start(&result->counter, (pid_t)options->server_pid);
    if (result->counter.method == COUNTER_METHOD_NONE) {
        return 0;
    }
    result->slice.duration_ns = options->syscalls_ms * 1000000U;
    const int error = engine_run(engine, &result->slice);
    settle();
    result->syscalls_error = syscall_counter_stop(&result->counter, &result->syscalls);
    return error;
}

static int measure(struct engine *engine, const struct workload *workload, const struct options *options,
                   struct result *result) {
    int error = measure_warmup(engine, workload, options->warmup_ms);
    if (options->requests != 0) {
        result->window.turns = (options->requests + options->connections - 1) / options->connections;
    } else {
        result->window.duration_ns = options->window_ms * 1000000U;
    }
    if (error == 0) {
        error = measure_window(engine, options, result);
    }
    if (error == 0 && options->server_pid != 0 && options->syscalls_ms != 0) {
        error = measure_syscalls(engine, options, result);
    }
    return error == 0 ? engine_check_silence(engine) : error;
}

/* Three digits after the point: cJSON would print all seventeen. */
static void add_number(cJSON *object, const char *name, double number) {
    (void)cJSON_AddNumberToObject(object, name, round(number * 1000) / 1000);
}

static void add_syscalls(cJSON *object, const struct result *result) {
    const bool counted = result->counter.method != COUNTER_METHOD_NONE && result->syscalls_error == 0;
    (void)cJSON_AddStringToObject(object, "syscalls_method",
                                  counter_method_name(counted ? result->counter.method : COUNTER_METHOD_NONE));
    (void)cJSON_AddStringToObject(
        object, "syscalls_why", result->syscalls_error != 0 ? strerror(-result->syscalls_error) : result->counter.why);
    if (counted && result->slice.requests > 0) {
        add_number(object, "syscalls", (double)result->syscalls);
        add_number(object, "syscalls_per_request", (double)result->syscalls / (double)result->slice.requests);
    }
}

static void report(const struct options *options, const struct result *result, const char *why) {
    const struct engine_phase *window = &result->window;
    const double seconds = (double)window->elapsed_ns / 1e9;
    cJSON *object = cJSON_CreateObject();
    add_number(object, "connections", (double)options->connections);
    add_number(object, "size", (double)options->size);
    add_number(object, "requests", (double)window->requests);
    add_number(object, "seconds", seconds);
    add_number(object, "requests_per_second", seconds > 0 ? (double)window->requests / seconds : 0);
    add_number(object, "errors", why[0] == '\0' ? 0 : 1);
    if (why[0] != '\0') {
        (void)cJSON_AddStringToObject(object, "error", why);
    }
    add_number(object, "p50_us", histogram_quantile_us(window->latencies, 0.50));
    add_number(object, "p99_us", histogram_quantile_us(window->latencies, 0.99));
    add_number(object, "max_us", (double)window->latencies->max_ns / 1000);
    if (options->server_pid != 0 && window->requests > 0) {
        add_number(object, "cpu_us_per_request", (double)result->cpu_ns / 1000 / (double)window->requests);
        add_number(object, "waited_share", (double)result->waited_ns / (double)window->elapsed_ns);
    }
    if (options->server_pid != 0 && options->syscalls_ms != 0) {
        add_syscalls(object, result);
    }
    char *text = cJSON_PrintUnformatted(object);
    (void)puts(text == NULL ? "{\"errors\":1,\"error\":\"no memory\"}" : text);
    free(text);
    cJSON_Delete(object);
}

int main(int argc, char **argv) {
    struct options options = {.connections = 64, .size = 64, .window_ms = 1000, .warmup_ms = 100, .stall_ms = 5000};
    if (!options_parse(&options, argc, argv)) {
        options_usage(stderr);
        return EXIT_USAGE;
    }
    raise_descriptor_limit(options.connections);
    static struct histogram latencies;
    static struct result result;
    result.window.latencies = &latencies;
    struct workload workload = {0};
    struct engine *engine = NULL;
    const char *open_why = "no memory for the workload";
    int error = workload_make(&workload, options.kind, options.size, (unsigned)options.connections);
    if (error == 0) {
        error = engine_open(&engine, &workload, (int)options.port, (unsigned)options.connections,
                            (unsigned)options.stall_ms, &open_why);
    }
    char why[256] = "";
    if (error != 0) {
        (void)snprintf(why, sizeof(why), "%s: %s", open_why, strerror(-error));
    } else {
        error = measure(engine, &workload, &options, &result);
        if (error != 0) {
            const char *said = engine_why(engine);
            (void)snprintf(why, sizeof(why), "%s", said[0] != '\0' ? said : strerror(-error));
        }
    }
    report(&options, &result, why);
    if (error != 0) {
        (void)fprintf(stderr, "rb-load: %s\n", why);
    }
    if (engine != NULL) {
        engine_close(engine);
    }
    workload_free(&workload);
    return error == 0 ? EXIT_SUCCESS : EXIT_WRONG;
}
