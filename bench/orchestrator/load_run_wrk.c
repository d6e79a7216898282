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
static int call(const struct load_run *run, struct trial *trial, char *text, double *requests) {
    char connections[32];
    char duration[32];
    char url[64];
    (void)snprintf(connections, sizeof(connections), "-c%u", run->row->connections);
    (void)snprintf(duration, sizeof(duration), "-d%us",
                   (run->options->window_ms + 999) / 1000); /* whole seconds only */
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", run->port);
    const char *const argv[] = {"wrk", "-t1", connections, duration, "--latency", url, NULL};
    int error = load_run_call(run, trial, argv, WRK_MS_MAX + run->options->window_ms, text, WRK_TEXT_MAX);
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

static int count_syscalls(const struct load_run *run, struct trial *trial) {
    struct syscall_counter counter;
    char text[WRK_TEXT_MAX];
    double requests = 0;
    syscall_counter_start(&counter, run->server);
    (void)snprintf(trial->syscalls_method, sizeof(trial->syscalls_method), "%s", counter_method_name(counter.method));
    (void)snprintf(trial->syscalls_why, sizeof(trial->syscalls_why), "%s", counter.why);
    if (counter.method == COUNTER_METHOD_NONE) {
        return 0;
    }
    const int error = call(run, trial, text, &requests);
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

int load_run_wrk(const struct load_run *run, struct trial *trial) {
    char text[WRK_TEXT_MAX];
    uint64_t cpu_before_ns = 0;
    uint64_t cpu_after_ns = 0;
    uint64_t waited_before_ns = 0;
    uint64_t waited_after_ns = 0;
    settle();
    int error = counter_cpu_ns(run->server, &cpu_before_ns);
    (void)counter_waited_ns(run->server, &waited_before_ns);
    if (error == 0) {
        error = call(run, trial, text, &trial->requests);
    }
    if (error != 0) {
        return error;
    }
    settle();
    error = counter_cpu_ns(run->server, &cpu_after_ns);
    (void)counter_waited_ns(run->server, &waited_after_ns);
    const char *rate = strstr(text, "Requests/sec:");
    if (error != 0 || rate == NULL || sscanf(rate, "Requests/sec: %lf", &trial->requests_per_second) != 1) {
        (void)snprintf(trial->error, sizeof(trial->error), "wrk: its output has no rate");
        return error != 0 ? error : -EBADMSG;
    }
    trial->cpu_us = (double)(cpu_after_ns - cpu_before_ns) / 1e3 / trial->requests;
    trial->waited_share =
        (double)(waited_after_ns - waited_before_ns) / 1e9 * trial->requests_per_second / trial->requests;
    const char *distribution = strstr(text, "Latency Distribution");
    trial->p50_us = distribution == NULL ? NAN : latency_us(distribution, "50%");
    trial->p99_us = distribution == NULL ? NAN : latency_us(distribution, "99%");
    return run->count_syscalls ? count_syscalls(run, trial) : 0;
}
