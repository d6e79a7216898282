/* engine - drives N connections against a server, one request in flight on each, and checks every byte.
 *
 * One thread, level-triggered epoll. A phase begins and ends quiet: nothing is in flight when engine_run returns, so
 * what is read from the server's counters between two phases belongs exactly to the requests counted in between.
 *
 * Where the workload's connections do not last, each request begins with connecting and ends with the close, the
 * client's own or the server's; its latency is that of all three.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "endpoint.h"
#include "histogram.h"
#include "workload.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;

struct engine_options {
    unsigned connections; /* 1 .. 100000 */
    unsigned stall_ms;    /* without any progress for so long, an answer counts as lost */
    uint64_t
        pace_ns; /* 0: each request follows the last answer at once; else all connections begin in step, so often */
};

struct engine_phase {
    uint64_t duration_ns;        /* no request starts later than this; 0: no limit in time */
    uint64_t turns;              /* requests of each connection; 0: no limit in number. One of both is set. */
    struct histogram *latencies; /* NULL: not recorded */
    uint64_t requests;           /* out: answered and verified */
    uint64_t elapsed_ns;         /* out: from the first request's start to the last answer's end */
};

/* engine_open - connect to the endpoint; connections that do not last are made by engine_run instead. The workload
 * outlives the engine. Returns 0 and the engine, the caller's to close with engine_close; or -errno, and then *why says
 * what failed. */
int engine_open(struct engine **out, const struct workload *workload, const struct endpoint *endpoint,
                const struct engine_options *options, const char **why);

/* engine_close - with abort, TCP connections are reset: nothing of them stays behind in the kernel. */
void engine_close(struct engine *engine, bool abort);

/* engine_run - one phase. Returns 0, or at the first failure -EBADMSG (a wrong byte or one too many), -ETIMEDOUT (an
 * answer, or part of it, never came), -ECONNRESET (the server closed) or another -errno; engine_why then tells. */
int engine_run(struct engine *engine, struct engine_phase *phase);

/* engine_check_silence - nothing may have come after the last answer. Returns 0 or as engine_run. */
int engine_check_silence(struct engine *engine);

/* engine_why - a sentence on the first failure, "" if there was none. Lives as long as the engine. */
const char *engine_why(const struct engine *engine);

#endif
