/* load_run_wrk - HTTP by wrk. The server's counters are read before wrk connects and after it has ended, both times
 * with the server asleep; accepting the connections is part of the figure, on both sides alike. */
#include "child.h"
#include "counter.h"
#include "load_run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WRK_TEXT_MAX = 8192, WRK_MS_MAX = 30000, SETTLE_MS = 5 };

/* Runs of wrk for each side of a pair. Their percentiles are averaged: wrk gives no histogram to merge. */
enum { WRK_TURNS = 2 };

static void settle(void) {
    const struct timespec pause = {.tv_nsec = SETTLE_MS * 1000000L};
    (void)nanosleep(&pause, NULL);
}

/* A latency such as "1.38ms" after a label such as "99%", microseconds; NAN if it is not there. */
static double latency_us(const char *text, const char *label) {
    const char *place = strstr(text, label);
    double value = 0;
    char unit[3] = "";
    if (place == NULL || sscanf(place + strlen(label), "%lf%2[a-z]", &value, unit) != 2) {
        return NAN;
    }
    if (strcmp(unit, "us") == 0) {
        return value;
    }
    if (strcmp(unit, "ms") == 0) {
        return value * 1e3;
    }
    return strcmp(unit, "s") == 0 ? value * 1e6 : NAN;
}

/* wrk ends well even if answers were wrong or connections broke, and says so in lines of their own. */
static int refuse_errors(const char *text, struct trial *trial) {
    static const char *const lines[] = {"Socket errors:", "Non-2xx or 3xx responses:"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *line = strstr(text, lines[i]);
        if (line != NULL) {
            (void)snprintf(trial->error, sizeof(trial->error), "wrk: %.*s", (int)strcspn(line, "\n"), line);
            return -EIO;
        }
    }
    return 0;
}

/* One run of wrk. *requests gets how many were answered. */
static int call(const struct load_run *run, enum contest_side side, struct trial *trial, char *text, double *requests) {
    char connections[32];
    char duration[32];
    char url[64];
    (void)snprintf(connections, sizeof(connections), "-c%u", run->row->connections);
    (void)snprintf(duration, sizeof(duration), "-d%us",
                   (run->options->window_ms + 999) / 1000); /* whole seconds only */
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", run->port[side]);
    const char *const argv[] = {"wrk", "-t1", connections, duration, "--latency", url, NULL};
    int error = load_run_call(run, trial->error, argv, WRK_MS_MAX + run->options->window_ms, text, WRK_TEXT_MAX);
    if (error == 0) {
        error = refuse_errors(text, trial);
    }
    const char *line = strstr(text, " requests in ");
    while (line != NULL && line > text && line[-1] != '\n') {
        line--;
    }
    if (error == 0 && (line == NULL || sscanf(line, "%lf", requests) != 1 || *requests <= 0)) {
        (void)snprintf(trial->error, sizeof(trial->error), "wrk: no requests were answered");
        error = -EBADMSG;
    }
    return error;
}

static int count_syscalls(const struct load_run *run, enum contest_side side, struct trial *trial) {
    struct syscall_counter counter;
    char text[WRK_TEXT_MAX];
    double requests = 0;
    syscall_counter_start(&counter, run->server[side]);
    (void)snprintf(trial->syscalls_method, sizeof(trial->syscalls_method), "%s", counter_method_name(counter.method));
    (void)snprintf(trial->syscalls_why, sizeof(trial->syscalls_why), "%s", counter.why);
    if (counter.method == COUNTER_METHOD_NONE) {
        return 0;
    }
    const int error = call(run, side, trial, text, &requests);
    uint64_t count = 0;
    settle();
    const int stop_error = syscall_counter_stop(&counter, &count);
    if (error == 0 && stop_error == 0) {
        trial->syscalls_per_request = (double)count / requests;
    } else if (stop_error != 0) {
        (void)snprintf(trial->syscalls_why, sizeof(trial->syscalls_why), "%s", strerror(-stop_error));
    }
    return error;
}

/* What the turns of one side add up to. */
struct sum {
    double requests;
    double seconds;
    double cpu_ns;
    double waited_ns;
    double p50_us;
    double p99_us;
    double latency_us[LATENCY_POINTS]; /* wrk tells few of them */
};

/* One measured turn of one side. */
static int run_turn(const struct load_run *run, enum contest_side side, struct trial *trial, struct sum *sum) {
    const pid_t pid = run->server[side];
    char text[WRK_TEXT_MAX];
    double requests = 0;
    double rate = 0;
    uint64_t cpu_ns[2] = {0};
    uint64_t waited_ns[2] = {0};
    settle();
    (void)counter_waited_ns(pid, &waited_ns[0]);
    int error = counter_cpu_ns(pid, &cpu_ns[0]);
    if (error == 0) {
        error = call(run, side, trial, text, &requests);
    }
    settle();
    (void)counter_waited_ns(pid, &waited_ns[1]);
    if (error == 0) {
        error = counter_cpu_ns(pid, &cpu_ns[1]);
    }
    const char *rate_line = strstr(text, "Requests/sec:");
    const char *distribution = strstr(text, "Latency Distribution");
    if (error == 0 && (rate_line == NULL || distribution == NULL ||
                       sscanf(rate_line, "Requests/sec: %lf", &rate) != 1 || rate <= 0)) {
        error = -EBADMSG;
    }
    if (error != 0) {
        if (trial->error[0] == '\0') {
            (void)snprintf(trial->error, sizeof(trial->error), "wrk: no figures: %s", strerror(-error));
        }
        return error;
    }
    sum->requests += requests;
    sum->seconds += requests / rate;
    sum->cpu_ns += (double)(cpu_ns[1] - cpu_ns[0]);
    sum->waited_ns += (double)(waited_ns[1] - waited_ns[0]);
    sum->p50_us += latency_us(distribution, "50%") / WRK_TURNS;
    sum->p99_us += latency_us(distribution, "99%") / WRK_TURNS;
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        char label[16];
        (void)snprintf(label, sizeof(label), " %g%%", latency_share(point) * 100);
        sum->latency_us[point] += latency_us(distribution, label) / WRK_TURNS;
    }
    return 0;
}

int load_run_wrk(const struct load_run *run, struct trial trials[CONTEST_SIDES_MAX]) {
    struct sum sums[CONTEST_SIDES_MAX] = {{0}};
    int error = 0;
    for (int turn = 0; turn < WRK_TURNS * CONTEST_SIDES_MAX && error == 0; turn++) {
        /* Epoll, ring, ring, epoll: a machine that grows slower or faster does so for both. */
        const enum contest_side side = (turn + 1) / 2 % 2 == 0 ? CONTEST_EPOLL : CONTEST_RING;
        error = run_turn(run, side, &trials[side], &sums[side]);
    }
    for (enum contest_side side = CONTEST_EPOLL; side <= CONTEST_RING && error == 0; side++) {
        const struct sum *sum = &sums[side];
        trials[side].requests = sum->requests;
        trials[side].requests_per_second = sum->requests / sum->seconds;
        trials[side].cpu_us = sum->cpu_ns / 1e3 / sum->requests;
        trials[side].waited_share = sum->waited_ns / 1e9 / sum->seconds;
        trials[side].idle_cpu_percent = NAN;
        trials[side].p50_us = sum->p50_us;
        trials[side].p99_us = sum->p99_us;
        memcpy(trials[side].latency_us, sum->latency_us, sizeof(sum->latency_us));
        if (run->count_syscalls) {
            error = count_syscalls(run, side, &trials[side]);
        }
    }
    return error;
}
