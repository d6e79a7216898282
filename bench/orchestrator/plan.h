/* plan - the workloads: what the load does to a server, over which sizes and connections, and what is judged. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>

enum plan_id {
    PLAN_ECHO,
    PLAN_CHURN,
    PLAN_CLOSE,
    PLAN_FETCH,
    PLAN_STREAM_IN,
    PLAN_STREAM_OUT,
    PLAN_STREAM_BOTH,
    PLAN_UDP,
    PLAN_UNIX,
    PLAN_PIPES,
    PLAN_WORK,
    PLAN_PACE,
    PLAN_IDLE,
    PLAN_HTTP,
    PLAN_KV,
    PLANS
};

enum plan_load { PLAN_LOAD_OWN, PLAN_LOAD_IDLE, PLAN_LOAD_WRK };
enum plan_transport { PLAN_TCP, PLAN_UDP_TRANSPORT, PLAN_UNIX_TRANSPORT, PLAN_FIFO_TRANSPORT };

/* What a row of it must not be worse at than on epoll. Latency only where the load sets the pace or the server does;
 * else it is the throughput's other face. */
enum plan_judged {
    PLAN_JUDGES_THROUGHPUT = 1,
    PLAN_JUDGES_CPU = 2,
    PLAN_JUDGES_P50 = 4,
    PLAN_JUDGES_P99 = 8,
    PLAN_JUDGES_IDLE = 16 /* the idle server's CPU time, and the memory of its connections */
};

struct plan_list {
    const unsigned *item;
    size_t count;
};

enum { PLAN_ARGUMENTS_MAX = 5 };

struct plan {
    const char *name;
    const char *meaning;
    enum plan_load load;
    enum plan_transport transport;
    const char *argument[PLAN_ARGUMENTS_MAX]; /* of rb-load, beside the general ones; ends with NULL */
    bool is_quick;                            /* part of the comparison without --full */
    unsigned judged;                          /* of enum plan_judged */
    unsigned windows;                         /* measured for so many times the usual window */
    unsigned slice_ms_min;                    /* a piece of the window is at least so long */
    struct plan_list quick_sizes;
    struct plan_list quick_connections;
    struct plan_list full_sizes;
    struct plan_list full_connections;
    struct plan_list thin_connections; /* in --full, for servers that are not its main ones */
};

/* plan_at - never NULL. Static. */
const struct plan *plan_at(enum plan_id id);

/* plan_find - by name, NULL if there is none. Static. */
const struct plan *plan_find(const char *name);

/* plan_names - all names, separated by ", ". Static. */
const char *plan_names(void);

#endif
