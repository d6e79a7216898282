/* summary - what the runs of one row come to. */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

#include "contest.h"
#include "spread.h"
#include "trial.h"

#include <stdbool.h>

struct pair {
    struct trial trial[CONTEST_SIDES_MAX]; /* by enum contest_side */
    bool kept;                             /* counts; a pair that other work disturbed more than another one may not */
};

/* As many again where the row looks slower on the ring, and each of them repeated once when it was disturbed. */
enum { SUMMARY_PAIRS_MAX = 2 * 2 * OPTIONS_PAIRS_MAX };

struct result {
    struct contest_row row;
    unsigned pairs;
    struct pair *pair;          /* owned */
    char error[TRIAL_TEXT_MAX]; /* "": every run went well; else the row has no figures */
};

/* Why a row does not pass. */
enum summary_fault {
    SUMMARY_FAULT_NONE,
    SUMMARY_FAULT_ERROR,      /* a run failed */
    SUMMARY_FAULT_NOT_RING,   /* the ring side ran on epoll: its figures are no figures of the ring */
    SUMMARY_FAULT_CPU,        /* more CPU per request than on epoll */
    SUMMARY_FAULT_THROUGHPUT, /* fewer requests per second than on epoll */
    SUMMARY_FAULT_P50,        /* longer latency than on epoll, in the middle */
    SUMMARY_FAULT_P99,        /* ... and of the slowest */
    SUMMARY_FAULT_IDLE_CPU,   /* too much CPU time without traffic */
    SUMMARY_FAULT_MEMORY      /* an idle connection takes too much more than on epoll */
};

struct summary {
    struct spread throughput_ratio; /* ring / epoll: over 1 is a gain */
    struct spread cpu_ratio;        /* epoll / ring: over 1 is a gain */
    struct spread p50_ratio;        /* epoll / ring, as is the next */
    struct spread p99_ratio;
    struct spread floor_factor; /* ring / floor, CPU per request: what is left to gain; NAN without a floor */
    /* Medians by enum contest_side; NAN where there is none. */
    double requests_per_second[CONTEST_SIDES_MAX];
    double cpu_us[CONTEST_SIDES_MAX];
    double p50_us[CONTEST_SIDES_MAX];
    double p99_us[CONTEST_SIDES_MAX];
    double latency_us[CONTEST_SIDES_MAX][LATENCY_POINTS];
    double syscalls[CONTEST_SIDES_MAX]; /* per request; NAN: not counted */
    double idle_cpu_percent[CONTEST_SIDES_MAX];
    double bytes_own[CONTEST_SIDES_MAX];
    double bytes_kernel[CONTEST_SIDES_MAX];
    double bytes_beyond; /* what an idle connection takes on the ring beyond what it takes on epoll; NAN elsewhere */
    double waited_share;
    unsigned judged; /* of enum plan_judged */
    bool rests;      /* the ring side was left to epoll, having nothing for the ring to move */
    bool disturbed;  /* other work took so much of the window that the figures are doubtful */
    enum summary_fault fault;
};

/* Ratios down to this count as equal: the rest is noise. */
#define SUMMARY_RATIO_MIN            0.97
#define SUMMARY_IDLE_CPU_PERCENT_MAX 0.5
#define SUMMARY_IDLE_BYTES_MAX       512.0
/* From this share of waiting on, a pair counts as disturbed. */
#define SUMMARY_WAITED_MAX 0.10

/* summary_waited - the larger share of its window that either run of a pair had to wait. */
double summary_waited(const struct pair *pair);

/* summary_keep - mark the pairs that count: the least disturbed ones, so many as wanted. */
void summary_keep(struct result *result, unsigned wanted);

/* summary_make - the kept pairs' medians and the fault. Only the row's error counts if it has one. */
void summary_make(struct summary *summary, const struct result *result);

/* summary_slow - the row has figures, and they say that the ring is slower. */
bool summary_slow(const struct summary *summary);

/* summary_worst_ratio - the smallest one of the medians that the verdict looks at; NAN if it looks at none. */
double summary_worst_ratio(const struct summary *summary);

#endif
