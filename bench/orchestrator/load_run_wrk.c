/* load_run_wrk - HTTP by wrk. The server's counters are read before wrk connects and after it has ended, both times
 * with the server asleep; accepting the connections is part of the figure, on both sides alike. */
#include "child.h"
#include "counter.h"
#include "load_report.h"
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

/* One run of wrk. It ends well even if answers were wrong or connections broke. */
static int call(const struct load_run *run, enum contest_side side, struct trial *trial, struct load_report *report) {
    char text[WRK_TEXT_MAX];
    char connections[32];
    char duration[32];
    char url[64];
    (void)snprintf(connections, sizeof(connections), "-c%u", run->row->connections);
    (void)snprintf(duration, sizeof(duration), "-d%us",
                   (run->options->window_ms + 999) / 1000); /* whole seconds only */
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", run->port[side]);
    const char *const argv[] = {"wrk", "-t1", connections, duration, "--latency", url, NULL};
    const int error = load_run_call(run, trial->error, argv, WRK_MS_MAX + run->options->window_ms, text, WRK_TEXT_MAX);
    if (error != 0) {
        return error;
    }
    if (load_report_read(report, text) != 0 || report->per_second <= 0) {
        (void)snprintf(trial->error, sizeof(trial->error), "wrk: no requests were answered");
        return -EBADMSG;
    }
    if (report->failed > 0) {
        (void)snprintf(trial->error, sizeof(trial->error), "wrk: %.0f requests failed", report->failed);
        return -EIO;
    }
    return 0;
}

static int count_syscalls(const struct load_run *run, enum contest_side side, struct trial *trial) {
    struct syscall_counter counter;
    struct load_report report;
    syscall_counter_start(&counter, &run->server[side], 1);
    (void)snprintf(trial->syscalls_method, sizeof(trial->syscalls_method), "%s", counter_method_name(counter.method));
    (void)snprintf(trial->syscalls_why, sizeof(trial->syscalls_why), "%s", counter.why);
    if (counter.method == COUNTER_METHOD_NONE) {
        return 0;
    }
    const int error = call(run, side, trial, &report);
    uint64_t count = 0;
    settle();
    const int stop_error = syscall_counter_stop(&counter, &count);
    if (error == 0 && stop_error == 0) {
        trial->syscalls_per_request = (double)count / report.requests;
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

/* A point of the distribution; NAN where wrk does not tell it. */
static double point_us(const struct load_report *report, double share) {
    const struct {
        double share;
        double us;
    } told[] = {{0.5, report->p50_us}, {0.75, report->p75_us}, {0.9, report->p90_us}, {0.99, report->p99_us}};
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (fabs(share - told[i].share) < 1e-9) {
            return told[i].us;
        }
    }
    return NAN;
}

/* One measured turn of one side. */
static int run_turn(const struct load_run *run, enum contest_side side, struct trial *trial, struct sum *sum) {
    const pid_t pid = run->server[side];
    struct load_report report;
    uint64_t cpu_ns[2] = {0};
    uint64_t waited_ns[2] = {0};
    settle();
    (void)counter_waited_ns(pid, &waited_ns[0]);
    int error = counter_cpu_ns(pid, &cpu_ns[0]);
    if (error == 0) {
        error = call(run, side, trial, &report);
    }
    settle();
    (void)counter_waited_ns(pid, &waited_ns[1]);
    if (error == 0) {
        error = counter_cpu_ns(pid, &cpu_ns[1]);
    }
    if (error != 0) {
        if (trial->error[0] == '\0') {
            (void)snprintf(trial->error, sizeof(trial->error), "the server's time: %s", strerror(-error));
        }
        return error;
    }
    sum->requests += report.requests;
    sum->seconds += report.requests / report.per_second;
    sum->cpu_ns += (double)(cpu_ns[1] - cpu_ns[0]);
    sum->waited_ns += (double)(waited_ns[1] - waited_ns[0]);
    sum->p50_us += report.p50_us / WRK_TURNS;
    sum->p99_us += report.p99_us / WRK_TURNS;
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        sum->latency_us[point] += point_us(&report, latency_share(point)) / WRK_TURNS;
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
