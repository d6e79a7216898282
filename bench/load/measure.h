/* measure - one server under load, or several in turns: what each took for its requests.
 *
 * Several servers are loaded in short slices, forth and back through them, while the others sleep. A machine whose
 * speed changes by the second (a neighbour on a shared core, the clock rate) then changes it for all of them.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "counter.h"
#include "endpoint.h"
#include "engine.h"
#include "workload.h"

#include <stdbool.h>
#include <stdint.h>

enum { MEASURE_TARGETS_MAX = 3, MEASURE_WHY_MAX = 256 };

struct measure_options {
    uint64_t connections;
    uint64_t size;
    uint64_t requests; /* 0: the window is limited in time */
    uint64_t warmup_ms;
    uint64_t window_ms; /* all slices of a target together */
    uint64_t slices;
    uint64_t stall_ms;
    uint64_t syscalls_ms; /* 0: system calls are not counted */
    uint64_t pace_us;     /* see engine_options */
    bool churn;           /* a connection for each request */
    const struct workload_kind *kind;
};

struct measure_target {
    struct endpoint endpoint;
    uint64_t pid; /* 0: its CPU time and its system calls are not asked for */
    struct engine *engine;
    struct histogram latencies;
    uint64_t requests;
    uint64_t elapsed_ns;
    uint64_t cpu_ns;
    uint64_t waited_ns; /* by the server and by us together: what other work on their cores took from the window */
    struct syscall_counter counter;
    uint64_t syscalls;
    uint64_t syscalls_requests;
    int syscalls_error;
    char why[MEASURE_WHY_MAX]; /* what failed with this target, "" if nothing did */
};

/* measure_run - connect to all targets, warm them up, measure them in turns, check that nothing came unasked, close;
 * one target after the other where all connections together are more than we may have descriptors.
 * Returns 0, or -errno after the first failure; the target that it happened with says why. */
int measure_run(struct measure_target *targets, unsigned count, const struct measure_options *options);

#endif
