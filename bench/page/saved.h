/* saved - a comparison's figures as its JSON has them (report_json.c writes it), checked and put in order for the page.
 *
 * A figure that is null there (not measured, not known) is NAN here.
 */
#ifndef BENCH_SAVED_H
#define BENCH_SAVED_H

#include "contest.h"
#include "latency.h"
#include "spread.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* What is compared; each may be among what a row is judged by. */
enum saved_figure { SAVED_THROUGHPUT, SAVED_CPU, SAVED_P50, SAVED_P99 };
enum { SAVED_FIGURES = 4, SAVED_ERROR_MAX = 256 };

struct saved_row {
    const char *server;
    const char *meaning;
    const char *workload;
    const char *workload_meaning;
    const char *fault; /* "": the row passes */
    unsigned size;     /* 0: the load has no size of its own */
    unsigned connections;
    bool is_floor; /* a measure for the others, not judged */
    bool is_idle;  /* has only the figures of silence */
    bool disturbed;
    bool judged[SAVED_FIGURES];
    struct spread ratio[SAVED_FIGURES]; /* over 1 the ring is better, in all of them */
    struct spread floor_factor;
    double requests_per_second[CONTEST_SIDES_MAX];
    double cpu_us[CONTEST_SIDES_MAX];
    double syscalls[CONTEST_SIDES_MAX];
    double p50_us[CONTEST_SIDES_MAX];
    double p99_us[CONTEST_SIDES_MAX];
    double latency_us[CONTEST_SIDES_MAX][LATENCY_POINTS]; /* at the shares of latency.h */
    double idle_cpu_percent[CONTEST_SIDES_MAX];
    double bytes_own[CONTEST_SIDES_MAX];
    double bytes_kernel[CONTEST_SIDES_MAX];
    double bytes_beyond;
};

/* Rows of one server under one workload: those from `begin` up to, and without, `end`. */
struct saved_group {
    size_t begin;
    size_t end;
};

struct saved {
    const cJSON *object; /* not owned; all texts are in it */
    double ratio_min;    /* ratios below it fail */
    bool passes;
    size_t count;
    struct saved_row *row; /* by workload, server, size, connections; owned */
    size_t groups;
    struct saved_group *group; /* owned */
    size_t *worst;             /* all judged rows' numbers, the worst first, before them those without figures; owned */
    size_t judged;             /* how many these are */
};

/* saved_parse - a text of JSON. Returns the caller's object, or NULL and in error what is wrong with it. */
cJSON *saved_parse(const char *text, char error[SAVED_ERROR_MAX]);

/* saved_take - the figures of an object that outlives them. Returns false, and in error what is wrong with it; the
 * caller calls saved_free in either case. */
bool saved_take(struct saved *saved, const cJSON *object, char error[SAVED_ERROR_MAX]);

void saved_free(struct saved *saved);

/* saved_text - a text beside the rows, such as "kernel"; "" if there is none. */
const char *saved_text(const struct saved *saved, const char *name);

/* saved_number - likewise a number; NAN if there is none. */
double saved_number(const struct saved *saved, const char *name);

/* saved_worst_ratio - the smallest median of those that the row is judged by; NAN if there is none. */
double saved_worst_ratio(const struct saved_row *row);

/* saved_fails - whether a row is judged by a figure and falls short of it. */
bool saved_fails(const struct saved *saved, const struct saved_row *row, enum saved_figure figure);

/* saved_figure_name - "throughput", "cpu", "p50" or "p99", as the JSON calls it. Static. */
const char *saved_figure_name(enum saved_figure figure);

#endif
