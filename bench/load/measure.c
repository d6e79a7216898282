/* measure - see measure.h. */
#include "measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SETTLE_MS = 1, SETTLE_MS_CHURN = 5, SPARE_FDS = 64 };
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* Give the server the time to fall asleep, so that its counters are up to date. A server that has connections to close
 * still needs longer. */
static void settle(const struct measure_options *options) {
    const bool closes = options->churn || options->kind->life != WORKLOAD_LASTS;
    const struct timespec pause = {.tv_nsec = (closes ? SETTLE_MS_CHURN : SETTLE_MS) * (long)NS_PER_MS};
    (void)nanosleep(&pause, NULL);
}

static int read_counters(pid_t pid, const struct measure_options *options, uint64_t *cpu_ns, uint64_t *waited_ns) {
    settle(options);
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

static int warm_up(struct measure_target *target, const struct workload *workload,
                   const struct measure_options *options) {
    struct engine_phase preload = {.turns = workload_preload_turns(workload)};
    int error = preload.turns == 0 ? 0 : engine_run(target->engine, &preload);
    if (error == 0 && options->warmup_ms > 0) {
        struct engine_phase warmup = {.duration_ns = options->warmup_ms * NS_PER_MS};
        error = engine_run(target->engine, &warmup);
    }
    return error;
}

static uint64_t divided_up(uint64_t number, uint64_t by) {
    return (number + by - 1) / by;
}

static int run_slice(struct measure_target *target, const struct measure_options *options) {
    struct engine_phase phase = {.latencies = &target->latencies};
    if (options->requests != 0) {
        phase.turns = divided_up(options->requests, options->connections * options->slices);
    } else {
        phase.duration_ns = options->window_ms * NS_PER_MS / options->slices;
    }
    const pid_t pid = (pid_t)target->pid;
    uint64_t cpu_ns[2] = {0};
    uint64_t waited_ns[2] = {0};
    int error = pid == 0 ? 0 : read_counters(pid, options, &cpu_ns[0], &waited_ns[0]);
    if (error == 0) {
        error = engine_run(target->engine, &phase);
    }
    if (error == 0 && pid != 0) {
        error = read_counters(pid, options, &cpu_ns[1], &waited_ns[1]);
    }
    target->requests += phase.requests;
    target->elapsed_ns += phase.elapsed_ns;
    target->cpu_ns += cpu_ns[1] - cpu_ns[0];
    target->waited_ns += waited_ns[1] - waited_ns[0];
    return error;
}

/* Apart from the window because counting slows every system call down. */
static int count_syscalls(struct measure_target *target, const struct measure_options *options) {
    const pid_t pid = (pid_t)target->pid;
    syscall_counter_start(&target->counter, &pid, 1);
    if (target->counter.method == COUNTER_METHOD_NONE) {
        return 0;
    }
    struct engine_phase phase = {.duration_ns = options->syscalls_ms * NS_PER_MS};
    const int error = engine_run(target->engine, &phase);
    settle(options);
    target->syscalls_error = syscall_counter_stop(&target->counter, &target->syscalls);
    target->syscalls_requests = phase.requests;
    return error;
}

static int fail(struct measure_target *target, int error, const char *what) {
    if (error != 0 && target->why[0] == '\0') {
        const char *said = target->engine == NULL ? "" : engine_why(target->engine);
        (void)snprintf(target->why, sizeof(target->why), "%s: %s", what, said[0] != '\0' ? said : strerror(-error));
    }
    return error;
}

static int open_all(struct measure_target *targets, unsigned count, const struct workload *workload,
                    const struct measure_options *options) {
    const struct engine_options how = {.connections = (unsigned)options->connections,
                                       .stall_ms = (unsigned)options->stall_ms,
                                       .pace_ns = options->pace_us * NS_PER_US};
    int error = 0;
    for (unsigned i = 0; i < count && error == 0; i++) {
        const char *what = "";
        error = engine_open(&targets[i].engine, workload, &targets[i].endpoint, &how, &what);
        (void)fail(&targets[i], error, what);
    }
    return error;
}

static int run_all(struct measure_target *targets, unsigned count, const struct workload *workload,
                   const struct measure_options *options) {
    int error = 0;
    for (unsigned i = 0; i < count && error == 0; i++) {
        error = fail(&targets[i], warm_up(&targets[i], workload, options), "warm-up");
    }
    for (uint64_t slice = 0; slice < options->slices && error == 0; slice++) {
        for (unsigned i = 0; i < count && error == 0; i++) {
            struct measure_target *target = &targets[slice % 2 == 0 ? i : count - 1 - i];
            error = fail(target, run_slice(target, options), "window");
        }
    }
    for (unsigned i = 0; i < count && error == 0; i++) {
        if (targets[i].pid != 0 && options->syscalls_ms != 0) {
            error = fail(&targets[i], count_syscalls(&targets[i], options), "counting system calls");
        }
    }
    for (unsigned i = 0; i < count && error == 0; i++) {
        error = fail(&targets[i], engine_check_silence(targets[i].engine), "after the end");
    }
    return error;
}

/* Connect to some of the targets, measure them, close. */
static int run_some(struct measure_target *targets, unsigned count, const struct workload *workload,
                    const struct measure_options *options) {
    int error = open_all(targets, count, workload, options);
    if (error == 0) {
        error = run_all(targets, count, workload, options);
    }
    for (unsigned i = 0; i < count; i++) {
        if (targets[i].engine != NULL) {
            engine_close(targets[i].engine, false);
            targets[i].engine = NULL;
        }
    }
    return error;
}

/* How many targets' connections we may have at once. */
static unsigned targets_at_once(unsigned count, uint64_t connections) {
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < count * connections + SPARE_FDS) {
        return 1;
    }
    return count;
}

int measure_run(struct measure_target *targets, unsigned count, const struct measure_options *options) {
    struct workload workload = {0};
    int error = workload_make(&workload, options->kind, options->size, (unsigned)options->connections);
    (void)fail(&targets[0], error, "making the workload");
    if (options->churn) {
        workload.life = WORKLOAD_CLIENT_CLOSES;
    }
    const unsigned at_once = targets_at_once(count, options->connections);
    for (unsigned i = 0; i < count && error == 0; i += at_once) {
        error = run_some(&targets[i], at_once, &workload, options);
    }
    workload_free(&workload);
    return error;
}
