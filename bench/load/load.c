/* load - the verified load generator: N connections, one request in flight on each, every byte of every answer checked.
 *
 * It measures the server at moments when nothing is in flight: CPU time and system calls read then belong exactly to
 * the requests between them. Prints one line of JSON: an object, or with several servers {"targets": [object, ...]}.
 * Exits 0 if every answer was right, 1 if not, 2 for wrong usage.
 */
#include "idle.h"
#include "latency.h"
#include "measure.h"
#include "tcp.h"

#include <cjson/cJSON.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, SPARE_FDS = 64, MS_MAX = 86400000, DATAGRAM_MAX = 65507 };

struct options {
    struct measure_options measure;
    unsigned targets; /* how many were given */
    unsigned pids;
    bool udp;
    bool idle;
};

static const char usage_text[] =
    "usage: rb-load --port PORT | --unix PATH | --fifo PATH [options]\n"
    "  --workload NAME   one of these (default echo):\n"
    "%s"
    "  --churn           a connection for each request, closed by us once it is answered\n"
    "  --pace-us US      all connections ask at once, so often (default 0: each when it was answered)\n"
    "  --udp             datagrams; as many in flight as connections\n"
    "  --idle            have each connection answered twice, then measure what it costs in silence\n"
    "  --connections N   (default 64)\n"
    "  --size BYTES      of a request or a value (default 64)\n"
    "  --requests N      measure so many requests in all, rounded up to a multiple of N connections\n"
    "  --window-ms MS    ... or for so long (default 1000)\n"
    "  --warmup-ms MS    before that (default 100)\n"
    "  --slices N        the window in so many pieces (default 1)\n"
    "  --stall-ms MS     without progress, an answer counts as lost (default 5000)\n"
    "  --server-pid PID  also measure the CPU time of that process\n"
    "  --syscalls-ms MS  ... and count its system calls, in a piece of so long after the window\n"
    "More than one --port, --unix or --fifo, and as many --server-pid, up to three: they are measured in turns, slice "
    "by "
    "slice.\n";

static struct measure_target targets[MEASURE_TARGETS_MAX];
static struct idle_figures idle[MEASURE_TARGETS_MAX];

static bool take_number(struct options *options, const char *name, const char *text) {
    struct measure_options *measure = &options->measure;
    const struct {
        const char *name;
        uint64_t *number;
        uint64_t min;
        uint64_t max;
    } numbers[] = {
        {"connections", &measure->connections, 1, 100000}, {"size", &measure->size, 1, WORKLOAD_SIZE_MAX},
        {"requests", &measure->requests, 1, UINT32_MAX},   {"window-ms", &measure->window_ms, 1, MS_MAX},
        {"warmup-ms", &measure->warmup_ms, 0, MS_MAX},     {"slices", &measure->slices, 1, 1000},
        {"stall-ms", &measure->stall_ms, 1, MS_MAX},       {"syscalls-ms", &measure->syscalls_ms, 1, MS_MAX},
        {"pace-us", &measure->pace_us, 0, MS_MAX},
    };
    uint64_t *number = NULL;
    uint64_t min = 1;
    uint64_t max = INT32_MAX;
    if (strcmp(name, "server-pid") == 0 && options->pids < MEASURE_TARGETS_MAX) {
        number = &targets[options->pids++].pid;
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            number = numbers[i].number;
            min = numbers[i].min;
            max = numbers[i].max;
        }
    }
    if (number == NULL || !tcp_parse_number(text, min, max, number)) {
        (void)fprintf(stderr, "rb-load: --%s wants a number from %llu to %llu, not \"%s\"\n", name,
                      (unsigned long long)min, (unsigned long long)max, text);
        return false;
    }
    return true;
}

/* A port or a path. */
static bool take_endpoint(struct options *options, const char *name, const char *text) {
    struct endpoint endpoint = {0};
    const bool by_path = strcmp(name, "port") != 0;
    const bool ok = options->targets < MEASURE_TARGETS_MAX && endpoint_parse(&endpoint, text) &&
                    (by_path ? endpoint.kind == ENDPOINT_UNIX : endpoint.port > 0);
    if (!ok) {
        (void)fprintf(stderr, "rb-load: --%s wants %s, not \"%s\", and three times at most\n", name,
                      by_path ? "an absolute path" : "a number from 1 to 65535", text);
        return false;
    }
    if (strcmp(name, "fifo") == 0) {
        endpoint.kind = ENDPOINT_FIFO;
    }
    targets[options->targets++].endpoint = endpoint;
    return true;
}

static bool take_workload(struct options *options, const char *name) {
    options->measure.kind = workload_find(name);
    if (options->measure.kind == NULL) {
        (void)fprintf(stderr, "rb-load: there is no workload \"%s\"\n", name);
    }
    return options->measure.kind != NULL;
}

static void print_usage(FILE *stream) {
    char kinds[1024] = "";
    const struct workload_kind *kind = NULL;
    for (unsigned i = 0; (kind = workload_at(i)) != NULL; i++) {
        const size_t used = strlen(kinds);
        (void)snprintf(kinds + used, sizeof(kinds) - used, "    %-15s %s\n", kind->name, kind->meaning);
    }
    (void)fprintf(stream, usage_text, kinds);
}

/* What was given is right by itself, and in its parts together. */
static bool options_fit(struct options *options) {
    const struct measure_options *measure = &options->measure;
    if (measure->size > measure->kind->size_max || (options->udp && measure->size > DATAGRAM_MAX)) {
        (void)fprintf(stderr, "rb-load: --size %llu is too much for that workload\n",
                      (unsigned long long)measure->size);
        return false;
    }
    const bool has_pipes = options->targets > 0 && targets[0].endpoint.kind == ENDPOINT_FIFO;
    if (has_pipes && (measure->churn || measure->connections > ENDPOINT_FIFOS)) {
        (void)fprintf(stderr, "rb-load: there are %d pairs of pipes, and they last\n", ENDPOINT_FIFOS);
        return false;
    }
    if (measure->churn && measure->kind != &workload_echo) {
        (void)fprintf(stderr, "rb-load: --churn goes with the workload echo only\n");
        return false;
    }
    for (unsigned i = 0; i < options->targets && options->udp; i++) {
        targets[i].endpoint.kind = ENDPOINT_UDP;
    }
    return options->targets > 0 && options->pids <= options->targets && (!options->idle || options->pids > 0);
}

/* Returns false when an argument is wrong. */
static bool options_parse(struct options *options, int argc, char **argv) {
    enum { OPTION_NUMBER, OPTION_ENDPOINT, OPTION_WORKLOAD, OPTION_CHURN, OPTION_UDP, OPTION_IDLE, OPTION_HELP };
    static const struct option names[] = {
        {"port", required_argument, NULL, OPTION_ENDPOINT},
        {"unix", required_argument, NULL, OPTION_ENDPOINT},
        {"fifo", required_argument, NULL, OPTION_ENDPOINT},
        {"workload", required_argument, NULL, OPTION_WORKLOAD},
        {"connections", required_argument, NULL, OPTION_NUMBER},
        {"size", required_argument, NULL, OPTION_NUMBER},
        {"requests", required_argument, NULL, OPTION_NUMBER},
        {"window-ms", required_argument, NULL, OPTION_NUMBER},
        {"warmup-ms", required_argument, NULL, OPTION_NUMBER},
        {"slices", required_argument, NULL, OPTION_NUMBER},
        {"stall-ms", required_argument, NULL, OPTION_NUMBER},
        {"server-pid", required_argument, NULL, OPTION_NUMBER},
        {"syscalls-ms", required_argument, NULL, OPTION_NUMBER},
        {"pace-us", required_argument, NULL, OPTION_NUMBER},
        {"churn", no_argument, NULL, OPTION_CHURN},
        {"udp", no_argument, NULL, OPTION_UDP},
        {"idle", no_argument, NULL, OPTION_IDLE},
        {"help", no_argument, NULL, OPTION_HELP},
        {0},
    };
    int index = 0;
    int option = 0;
    bool ok = true;
    while (ok && (option = getopt_long(argc, argv, "", names, &index)) != -1) {
        switch (option) {
        case OPTION_HELP:
            print_usage(stdout);
            exit(EXIT_SUCCESS);
        case OPTION_NUMBER:
            ok = take_number(options, names[index].name, optarg);
            break;
        case OPTION_ENDPOINT:
            ok = take_endpoint(options, names[index].name, optarg);
            break;
        case OPTION_WORKLOAD:
            ok = take_workload(options, optarg);
            break;
        case OPTION_CHURN:
            options->measure.churn = true;
            break;
        case OPTION_UDP:
            options->udp = true;
            break;
        case OPTION_IDLE:
            options->idle = true;
            break;
        default:
            ok = false;
            break;
        }
    }
    return ok && optind == argc && options_fit(options);
}

/* A descriptor for each connection, as far as the hard limit goes; connecting reports it if that is not enough. */
static void raise_descriptor_limit(uint64_t wanted) {
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Three digits after the point: cJSON would print all seventeen. */
static void add_number(cJSON *object, const char *name, double number) {
    (void)cJSON_AddNumberToObject(object, name, round(number * 1000) / 1000);
}

static void add_syscalls(cJSON *object, const struct measure_target *target) {
    const bool counted = target->counter.method != COUNTER_METHOD_NONE && target->syscalls_error == 0;
    (void)cJSON_AddStringToObject(object, "syscalls_method",
                                  counter_method_name(counted ? target->counter.method : COUNTER_METHOD_NONE));
    (void)cJSON_AddStringToObject(
        object, "syscalls_why", target->syscalls_error != 0 ? strerror(-target->syscalls_error) : target->counter.why);
    if (counted && target->syscalls_requests > 0) {
        add_number(object, "syscalls", (double)target->syscalls);
        add_number(object, "syscalls_per_request", (double)target->syscalls / (double)target->syscalls_requests);
    }
}

static cJSON *idle_object(const struct measure_target *target, const struct idle_figures *figures,
                          const struct measure_options *options) {
    cJSON *object = cJSON_CreateObject();
    add_number(object, "connections", (double)options->connections);
    add_number(object, "requests", (double)target->requests);
    add_number(object, "errors", target->why[0] == '\0' ? 0 : 1);
    if (target->why[0] != '\0') {
        (void)cJSON_AddStringToObject(object, "error", target->why);
    }
    add_number(object, "idle_cpu_percent", 100 * figures->cpu_share);
    add_number(object, "bytes_own", figures->bytes_own);
    add_number(object, "bytes_kernel", figures->bytes_kernel);
    add_number(object, "waited_share", figures->waited_share);
    return object;
}

/* What fewer requests than one decide is not known. */
static void add_latencies(cJSON *object, const struct histogram *latencies) {
    cJSON *list = cJSON_AddArrayToObject(object, "latency_us");
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        const double share = latency_share(point);
        const bool known = (1 - share) * (double)latencies->count >= 1;
        const double us = round(histogram_quantile_us(latencies, share) * 1000) / 1000;
        (void)cJSON_AddItemToArray(list, known ? cJSON_CreateNumber(us) : cJSON_CreateNull());
    }
}

static cJSON *target_object(const struct measure_target *target, const struct measure_options *options) {
    const double seconds = (double)target->elapsed_ns / 1e9;
    cJSON *object = cJSON_CreateObject();
    add_number(object, "connections", (double)options->connections);
    add_number(object, "size", (double)options->size);
    add_number(object, "requests", (double)target->requests);
    add_number(object, "seconds", seconds);
    add_number(object, "requests_per_second", seconds > 0 ? (double)target->requests / seconds : 0);
    add_number(object, "errors", target->why[0] == '\0' ? 0 : 1);
    if (target->why[0] != '\0') {
        (void)cJSON_AddStringToObject(object, "error", target->why);
    }
    add_number(object, "p50_us", histogram_quantile_us(&target->latencies, 0.50));
    add_number(object, "p99_us", histogram_quantile_us(&target->latencies, 0.99));
    add_number(object, "max_us", (double)target->latencies.max_ns / 1000);
    add_latencies(object, &target->latencies);
    if (target->pid != 0 && target->requests > 0) {
        add_number(object, "cpu_us_per_request", (double)target->cpu_ns / 1000 / (double)target->requests);
        add_number(object, "waited_share", (double)target->waited_ns / (double)target->elapsed_ns);
    }
    if (target->pid != 0 && options->syscalls_ms != 0) {
        add_syscalls(object, target);
    }
    return object;
}

static cJSON *figures_object(const struct options *options, unsigned number) {
    return options->idle ? idle_object(&targets[number], &idle[number], &options->measure)
                         : target_object(&targets[number], &options->measure);
}

static void report(const struct options *options) {
    cJSON *object = NULL;
    if (options->targets == 1) {
        object = figures_object(options, 0);
    } else {
        object = cJSON_CreateObject();
        cJSON *list = cJSON_AddArrayToObject(object, "targets");
        for (unsigned i = 0; i < options->targets; i++) {
            (void)cJSON_AddItemToArray(list, figures_object(options, i));
        }
    }
    char *text = cJSON_PrintUnformatted(object);
    (void)puts(text == NULL ? "{\"errors\":1,\"error\":\"no memory\"}" : text);
    free(text);
    cJSON_Delete(object);
}

int main(int argc, char **argv) {
    struct options options = {.measure = {.connections = 64,
                                          .size = 64,
                                          .window_ms = 1000,
                                          .warmup_ms = 100,
                                          .slices = 1,
                                          .stall_ms = 5000,
                                          .kind = &workload_echo}};
    if (!options_parse(&options, argc, argv)) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a pipe's other end may go: an error of its connection */
    raise_descriptor_limit(options.measure.connections * options.targets + SPARE_FDS);
    const int error = options.idle ? idle_run(targets, idle, options.targets, &options.measure)
                                   : measure_run(targets, options.targets, &options.measure);
    report(&options);
    for (unsigned i = 0; i < options.targets; i++) {
        if (targets[i].why[0] != '\0') {
            (void)fprintf(stderr, "rb-load: %s\n", targets[i].why);
        }
    }
    return error == 0 ? EXIT_SUCCESS : EXIT_WRONG;
}
