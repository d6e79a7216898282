/* idle - see idle.h. */
#include "idle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_CONNECTIONS = 16, TURNS = 2, SETTLE_MS = 100 };
#define NS_PER_SECOND UINT64_C(1000000000)

static void pause_ns(uint64_t ns) {
    const struct timespec pause = {.tv_sec = (time_t)(ns / NS_PER_SECOND), .tv_nsec = (long)(ns % NS_PER_SECOND)};
    (void)nanosleep(&pause, NULL);
}

/* The number in a line that begins so, 0 if there is none. */
static double number_in(const char *path, const char *label) {
    FILE *file = fopen(path, "re");
    char line[256];
    double number = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0) {
            (void)sscanf(line + strlen(label), "%lf", &number);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return number;
}

struct memory {
    double own;
    double kernel;
};

static struct memory memory_now(pid_t pid) {
    char path[64];
    pause_ns(SETTLE_MS * UINT64_C(1000000));
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    const struct memory memory = {number_in(path, "VmRSS:") * 1024, number_in("/proc/meminfo", "Slab:") * 1024};
    return memory;
}

/* So many connections, each answered a few times. */
static int open_and_ask(struct measure_target *target, const struct workload *workload, unsigned connections,
                        const struct measure_options *options) {
    const struct engine_options how = {.connections = connections, .stall_ms = (unsigned)options->stall_ms};
    struct engine_phase phase = {.turns = TURNS};
    const char *what = "";
    int error = engine_open(&target->engine, workload, &target->endpoint, &how, &what);
    if (error != 0) {
        (void)snprintf(target->why, sizeof(target->why), "%s: %s", what, strerror(-error));
        return error;
    }
    error = engine_run(target->engine, &phase);
    if (error != 0) {
        (void)snprintf(target->why, sizeof(target->why), "before idling: %s", engine_why(target->engine));
    }
    target->requests += phase.requests;
    target->elapsed_ns += phase.elapsed_ns;
    return error;
}

static void close_all(struct measure_target *target) {
    if (target->engine != NULL) {
        engine_close(target->engine, true);
        target->engine = NULL;
    }
}

static int watch_cpu(const struct measure_target *target, struct idle_figures *figures) {
    const pid_t pid = (pid_t)target->pid;
    uint64_t cpu_ns[2] = {0};
    uint64_t waited_ns[2] = {0};
    pause_ns(NS_PER_SECOND);
    int error = counter_cpu_ns(pid, &cpu_ns[0]);
    error = error != 0 ? error : counter_waited_ns(pid, &waited_ns[0]);
    pause_ns(NS_PER_SECOND);
    error = error != 0 ? error : counter_cpu_ns(pid, &cpu_ns[1]);
    error = error != 0 ? error : counter_waited_ns(pid, &waited_ns[1]);
    figures->cpu_share = (double)(cpu_ns[1] - cpu_ns[0]) / (double)NS_PER_SECOND;
    figures->waited_share = (double)(waited_ns[1] - waited_ns[0]) / (double)NS_PER_SECOND;
    return error;
}

static int run_one(struct measure_target *target, struct idle_figures *figures, const struct workload *workload,
                   const struct measure_options *options) {
    /* What a server takes once, with its first connections, is not theirs. */
    int error = open_and_ask(target, workload, FIRST_CONNECTIONS, options);
    close_all(target);
    const pid_t pid = (pid_t)target->pid;
    const double connections = (double)options->connections;
    const struct memory before = memory_now(pid);
    if (error == 0) {
        error = open_and_ask(target, workload, (unsigned)options->connections, options);
    }
    if (error == 0) {
        error = watch_cpu(target, figures);
    }
    const struct memory after = memory_now(pid);
    close_all(target);
    figures->bytes_own = (after.own - before.own) / connections;
    figures->bytes_kernel = (after.kernel - before.kernel) / connections;
    if (error != 0 && target->why[0] == '\0') {
        (void)snprintf(target->why, sizeof(target->why), "while idling: %s", strerror(-error));
    }
    return error;
}

int idle_run(struct measure_target *targets, struct idle_figures *figures, unsigned count,
             const struct measure_options *options) {
    struct workload workload = {0};
    int error = workload_make(&workload, options->kind, options->size, (unsigned)options->connections);
    for (unsigned i = 0; i < count && error == 0; i++) {
        error = run_one(&targets[i], &figures[i], &workload, options);
    }
    workload_free(&workload);
    return error;
}
