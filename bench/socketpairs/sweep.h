/* sweep - the socketpair sweep: its options, what a row measured, and how it is reported. */
#ifndef BENCH_SWEEP_H
#define BENCH_SWEEP_H

#include "proof.h"
#include "spread.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { SWEEP_LIST_MAX = 16, SWEEP_RUNS_MAX = 32, SWEEP_WHY_MAX = 900 };
enum sweep_exit { SWEEP_EXIT_PASS = 0, SWEEP_EXIT_FAIL = 1, SWEEP_EXIT_USAGE = 2, SWEEP_EXIT_INTERRUPTED = 130 };

/* A ratio down to this counts as equal; from this share of waiting for its CPU on, a run counts as disturbed; the ring
 * has to have moved this share of all bytes. */
#define SWEEP_RATIO_MIN   0.97
#define SWEEP_WAITED_MAX  0.05
#define SWEEP_CARRIED_MIN 0.90

struct sweep_options {
    unsigned pairs[SWEEP_LIST_MAX];
    unsigned pairs_count;
    unsigned bytes[SWEEP_LIST_MAX];
    unsigned bytes_count;
    unsigned runs;   /* on epoll and on the ring, of each row */
    unsigned run_ms; /* what a run on epoll takes, about */
    const char *json_path;
    char bin_dir[PATH_MAX];
    char lib_dir[PATH_MAX];
};

enum sweep_side { SWEEP_EPOLL, SWEEP_RING, SWEEP_SIDES };

/* One process. */
struct sweep_run {
    double wall_ns;
    double cpu_ns;
    double waited_ns; /* ready to run, while other work had the CPU */
    struct proof proof;
};

struct sweep_duel {
    struct sweep_run run[SWEEP_SIDES];
    bool kept; /* counts: disturbance alone decides, never the result */
};

struct sweep_row {
    unsigned pairs;
    unsigned bytes;
    uint64_t rounds;
    unsigned count;
    struct sweep_duel duel[2 * SWEEP_RUNS_MAX];
    char error[SWEEP_WHY_MAX]; /* "": every run went well; else the row has no figures */
    /* Made of the kept duels. */
    struct spread throughput_ratio;         /* ring / epoll: over 1 is a gain */
    struct spread cpu_ratio;                /* epoll / ring: over 1 is a gain */
    double mib_per_second[SWEEP_SIDES];     /* medians */
    double cpu_us_per_message[SWEEP_SIDES]; /* medians; a message and its answer */
    double carried_share;                   /* of all bytes sent and received, by the ring; the smallest of the runs */
    double enters_per_message;              /* on the ring; median */
    bool disturbed;
};

/* sweep_parse - fills options. Prints what is wrong and exits with SWEEP_EXIT_USAGE, or the help and exits with 0. */
void sweep_parse(struct sweep_options *options, int argc, char **argv);

/* sweep_row_run - check and measure one row, on one CPU. Returns -EINTR when interrupted, else 0 and perhaps
 * row->error.
 */
int sweep_row_run(struct sweep_row *row, const struct sweep_options *options, int cpu);

/* sweep_row_passes - no run failed, the ring carried all of them, and neither median is below SWEEP_RATIO_MIN. */
bool sweep_row_passes(const struct sweep_row *row);

/* sweep_report - the table and the verdict on standard output. */
void sweep_report(const struct sweep_options *options, const struct sweep_row *rows, unsigned count, int cpu);

/* sweep_report_json - everything measured. Returns 0 or -errno. */
int sweep_report_json(const struct sweep_options *options, const struct sweep_row *rows, unsigned count, int cpu);

#endif
