/* compare_sum - what all runs come to: a row for each figure, and what has to be said beside them. */
#ifndef RB_CLI_COMPARE_SUM_H
#define RB_CLI_COMPARE_SUM_H

#include "compare.h"
#include "spread.h"

enum compare_row {
    ROW_THROUGHPUT,
    ROW_WALL, /* without a report of the load */
    ROW_MEAN,
    ROW_P50,
    ROW_P90,
    ROW_P99,
    ROW_CPU, /* for each thing that the report counts, as the next two; else for each run */
    ROW_SYSCALLS,
    ROW_SWITCHES,
    ROW_MEMORY,
    ROW_BUSY, /* no merit in itself: no ratio */
    ROW_COUNT
};

/* Of a row: what its numbers are. */
enum compare_unit { UNIT_RATE, UNIT_US, UNIT_SECONDS, UNIT_COUNT, UNIT_BYTES, UNIT_PERCENT };

enum compare_verdict {
    VERDICT_NONE,   /* no ratio */
    VERDICT_BETTER, /* on the ring, in every pair, and by 3% and more */
    VERDICT_WORSE,
    VERDICT_SAME,   /* within 5% in every pair; memory: within 4 MiB */
    VERDICT_UNCLEAR /* the pairs disagree */
};

struct compare_line {
    bool known;
    const char *key; /* for programs */
    char name[48];   /* for the reader */
    enum compare_unit unit;
    struct spread side[COMPARE_SIDES];
    struct spread ratio; /* over 1: the ring is better; NAN where that is not known */
    double times;        /* how often epoll's figure goes into the ring's, by the median of the ratios */
    bool has_spread;     /* more than one pair */
    enum compare_verdict verdict;
};

enum { NOTE_MAX = 8, NOTE_TEXT_MAX = 400 };

struct compare_sum {
    const char *tool, *unit, *one; /* the load's; NULL: there is no report of every run */
    struct compare_line line[ROW_COUNT];
    struct compare_ring ring; /* of the last run on the ring */
    unsigned notes;
    char note[NOTE_MAX][NOTE_TEXT_MAX]; /* sentences */
};

void compare_sum_make(struct compare_sum *sum, const struct compare_runs *runs, const struct compare_setup *setup);

/* compare_sum_verdict - "better", "worse", "same", "unclear" or "". Static. */
const char *compare_sum_verdict(enum compare_verdict verdict);

#endif
