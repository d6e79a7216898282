/* zerocopy - what bench/zerocopy was asked for, what it measured, and how it is reported. */
#ifndef BENCH_ZEROCOPY_H
#define BENCH_ZEROCOPY_H

#include "methods.h"
#include "route.h"
#include "spread.h"

#include <stdbool.h>
#include <stdint.h>

enum { ZEROCOPY_LIST_MAX = 16, ZEROCOPY_RUNS_MAX = 32, ZEROCOPY_WHY_MAX = 800 };
enum zerocopy_exit {
    ZEROCOPY_EXIT_PASS = 0,
    ZEROCOPY_EXIT_FAIL = 1,
    ZEROCOPY_EXIT_USAGE = 2,
    ZEROCOPY_EXIT_INTERRUPTED = 130
};

struct zerocopy_options {
    enum route_kind routes[ROUTES];
    unsigned route_count;
    unsigned sizes[ZEROCOPY_LIST_MAX];
    unsigned size_count;
    unsigned runs;
    unsigned run_ms;
    bool nagle; /* leave TCP_NODELAY off */
    const char *json_path;
    char remote_host[ROUTE_HOST_MAX]; /* ROUTE_REMOTE only */
    char remote_port[16];
    char bin_dir[PATH_MAX];
};

/* One connection. */
struct zerocopy_run {
    double wall_ns;
    double cpu_ns;       /* of the sender */
    double drain_cpu_ns; /* 0 where nobody drains */
    double notified;
    double copied;
    double outstanding; /* most notifications that were waited for at once */
    bool kernel_tells;
};

/* One method at one size over one route. */
struct zerocopy_figures {
    bool lacking; /* the kernel does not have it; why says more */
    char why[ZEROCOPY_WHY_MAX];
    struct zerocopy_run run[ZEROCOPY_RUNS_MAX];
    /* Of all runs; the ratios over those of METHOD_SEND in the same turn: over 1 is better than it. */
    double mib_per_second;
    double cpu_us_per_mib;
    struct spread throughput_ratio;
    struct spread cpu_ratio;      /* of the sender */
    struct spread both_cpu_ratio; /* of sender and drain; NAN where nobody drains */
    double copied_share;          /* of the notifications; NAN where there are none, or the kernel does not tell */
    double outstanding;
};

struct zerocopy_row {
    enum route_kind route;
    unsigned size;
    uint64_t messages;
    char error[ZEROCOPY_WHY_MAX]; /* "": all went well; else the row has no figures */
    struct zerocopy_figures method[METHODS];
};

/* zerocopy_measure - check every byte of some messages of each method, then measure them in turns.
 * Returns -EINTR when interrupted, else 0 and perhaps row->error. */
int zerocopy_measure(struct zerocopy_row *row, const struct zerocopy_options *options, const struct route *route,
                     const struct route_link *link, int cpu);

/* zerocopy_report - the tables on standard output. */
void zerocopy_report(const struct zerocopy_options *options, const struct zerocopy_row *rows, unsigned count);

/* zerocopy_report_json - everything measured. Returns 0 or -errno. */
int zerocopy_report_json(const struct zerocopy_options *options, const struct zerocopy_row *rows, unsigned count);

#endif
