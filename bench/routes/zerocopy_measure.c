/* zerocopy_measure - zerocopy_measure of zerocopy.h. */
#include "zerocopy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { RUN_MS_MAX = 60000, CHECK_BYTES = 4 * 1024 * 1024, CHECK_MESSAGES_MIN = 20, CHECK_MESSAGES_MAX = 2000 };
enum { CALIBRATE_MS = 20, STATUS_LACKING = 3 };
#define MESSAGES_MAX UINT64_C(100000000)

/* Where and how one connection is made. */
struct order {
    const struct zerocopy_options *options;
    const struct route *route;
    const struct route_link *link;
    int cpu;
    enum method method;
    uint64_t messages;
    bool check_all;
};

static int say(struct zerocopy_row *row, const struct order *order, int error, const char *said) {
    (void)snprintf(row->error, sizeof(row->error), "%s, %llu messages: %s%s%.600s", method_name(order->method),
                   (unsigned long long)order->messages, strerror(-error), said[0] == '\0' ? "" : ": ", said);
    return error;
}

static bool parse(const char *line, struct zerocopy_run *run) {
    int tells = 0;
    const int fields = sscanf(line, "done %lf %lf %lf %lf %lf %lf %d", &run->wall_ns, &run->cpu_ns, &run->drain_cpu_ns,
                              &run->notified, &run->copied, &run->outstanding, &tells);
    run->kernel_tells = tells != 0;
    return fields == 7;
}

/* One connection, from the start of its process to the end. -EOPNOTSUPP: figures->lacking says why. */
static int run_once(struct zerocopy_row *row, const struct order *order, struct zerocopy_run *run) {
    struct zerocopy_figures *figures = &row->method[order->method];
    char program[PATH_MAX + 16];
    char number[2][24];
    char line[200] = "";
    char said[CHILD_SAID_MAX] = "";
    struct child child;
    (void)snprintf(program, sizeof(program), "%s/rb-send", order->options->bin_dir);
    (void)snprintf(number[0], sizeof(number[0]), "%u", row->size);
    (void)snprintf(number[1], sizeof(number[1]), "%llu", (unsigned long long)order->messages);
    const char *option[] = {NULL, NULL};
    option[0] = order->check_all ? "check" : order->options->nagle ? "nagle" : NULL;
    option[1] = order->check_all && order->options->nagle ? "nagle" : NULL;
    const char *const argv[] = {program,
                                order->route->kind == ROUTE_SWALLOW ? "swallowed" : "drained",
                                order->route->host,
                                order->route->port,
                                method_name(order->method),
                                number[0],
                                number[1],
                                option[0],
                                option[1],
                                NULL};
    *run = (struct zerocopy_run){0};
    int error = route_start(order->link, order->route->ns, &child, argv, order->cpu);
    if (error != 0) {
        return say(row, order, error, program);
    }
    error = child_read(&child, true, line, sizeof(line), RUN_MS_MAX);
    const int status = child_wait(&child, said, RUN_MS_MAX);
    if (child_interrupted()) {
        return -EINTR;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_LACKING) {
        figures->lacking = true;
        (void)snprintf(figures->why, sizeof(figures->why), "%s", said);
        return -EOPNOTSUPP;
    }
    if (error == 0 && (status != 0 || !parse(line, run))) {
        error = -EPROTO;
    }
    if (error == -EPIPE) {
        error = -EPROTO; /* it ended without its line: what it said tells why */
    }
    return error == 0 ? 0 : say(row, order, error, said);
}

static uint64_t bounded(double number, uint64_t min, uint64_t max) {
    return number < (double)min ? min : number > (double)max ? max : (uint64_t)number;
}

/* Every byte, by every method; finds out which methods the kernel has. */
static int check_all(struct zerocopy_row *row, struct order *order) {
    struct zerocopy_run run;
    order->check_all = true;
    order->messages = bounded((double)CHECK_BYTES / row->size, CHECK_MESSAGES_MIN, CHECK_MESSAGES_MAX);
    for (int method = 0; method < METHODS; method++) {
        order->method = (enum method)method;
        const int error = run_once(row, order, &run);
        if (error != 0 && error != -EOPNOTSUPP) {
            return error;
        }
    }
    order->check_all = false;
    return row->method[METHOD_SEND].lacking ? say(row, order, -EOPNOTSUPP, row->method[METHOD_SEND].why) : 0;
}

/* So many messages that METHOD_SEND takes about run_ms. */
static int calibrate(struct zerocopy_row *row, struct order *order) {
    struct zerocopy_run run;
    order->method = METHOD_SEND;
    order->messages = bounded((double)CHECK_BYTES / row->size, 1, MESSAGES_MAX);
    for (;;) {
        const int error = run_once(row, order, &run);
        if (error != 0) {
            return error;
        }
        if (run.wall_ns >= CALIBRATE_MS * 1e6) {
            break;
        }
        order->messages *= 2;
    }
    row->messages =
        bounded((double)order->messages * order->options->run_ms * 1e6 / run.wall_ns, CHECK_MESSAGES_MIN, MESSAGES_MAX);
    return 0;
}

static void sum_up(struct zerocopy_row *row, enum method method, unsigned runs) {
    struct zerocopy_figures *figures = &row->method[method];
    double number[5][ZEROCOPY_RUNS_MAX];
    double notified = 0;
    double copied = 0;
    const double mib = (double)row->messages * row->size / (1024 * 1024);
    for (unsigned i = 0; i < runs; i++) {
        const struct zerocopy_run *run = &figures->run[i];
        const struct zerocopy_run *base = &row->method[METHOD_SEND].run[i];
        number[0][i] = base->wall_ns / run->wall_ns;
        number[1][i] = base->cpu_ns / run->cpu_ns;
        number[2][i] = (base->cpu_ns + base->drain_cpu_ns) / (run->cpu_ns + run->drain_cpu_ns);
        number[3][i] = mib / (run->wall_ns / 1e9);
        number[4][i] = run->cpu_ns / 1e3 / mib;
        notified += run->notified;
        copied += run->copied;
        figures->outstanding = fmax(figures->outstanding, run->outstanding);
    }
    figures->throughput_ratio = spread_of_numbers(number[0], runs);
    figures->cpu_ratio = spread_of_numbers(number[1], runs);
    figures->both_cpu_ratio =
        row->route == ROUTE_SWALLOW ? (struct spread){NAN, NAN, NAN} : spread_of_numbers(number[2], runs);
    figures->mib_per_second = spread_of_numbers(number[3], runs).median;
    figures->cpu_us_per_mib = spread_of_numbers(number[4], runs).median;
    figures->copied_share = notified > 0 && figures->run[0].kernel_tells ? copied / notified : NAN;
}

int zerocopy_measure(struct zerocopy_row *row, const struct zerocopy_options *options, const struct route *route,
                     const struct route_link *link, int cpu) {
    struct order order = {.options = options, .route = route, .link = link, .cpu = cpu};
    int error = check_all(row, &order);
    if (error == 0) {
        error = calibrate(row, &order);
    }
    order.messages = row->messages;
    for (unsigned i = 0; i < options->runs && error == 0; i++) {
        for (int method = 0; method < METHODS && error == 0; method++) {
            order.method = (enum method)method;
            if (!row->method[method].lacking) {
                error = run_once(row, &order, &row->method[method].run[i]);
            }
        }
    }
    for (int method = 0; method < METHODS && error == 0; method++) {
        if (!row->method[method].lacking) {
            sum_up(row, (enum method)method, options->runs);
        }
    }
    return error == -EINTR ? error : 0;
}
