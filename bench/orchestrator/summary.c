/* summary - see summary.h. */
#include "summary.h"

#include <math.h>

typedef double (*figure)(const struct pair *pair);

static double throughput_ratio(const struct pair *pair) {
    return pair->trial[CONTEST_RING].requests_per_second / pair->trial[CONTEST_EPOLL].requests_per_second;
}

static double cpu_ratio(const struct pair *pair) {
    return pair->trial[CONTEST_EPOLL].cpu_us / pair->trial[CONTEST_RING].cpu_us;
}

static double floor_factor(const struct pair *pair) {
    return pair->trial[CONTEST_RING].cpu_us / pair->trial[CONTEST_FLOOR].cpu_us;
}

static struct spread spread_of(const struct result *result, figure of) {
    double number[SUMMARY_PAIRS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < result->pairs; i++) {
        if (result->pair[i].kept) {
            number[count++] = of(&result->pair[i]);
        }
    }
    return spread_of_numbers(number, count);
}

/* The median of one figure of one side; the figure is named by its place in struct trial. */
static double side_median(const struct result *result, int side, size_t offset) {
    if (side >= contest_sides(result->row.contest)) {
        return NAN;
    }
    double number[SUMMARY_PAIRS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < result->pairs; i++) {
        const char *trial = (const char *)&result->pair[i].trial[side];
        const double value = *(const double *)(const void *)(trial + offset);
        if (result->pair[i].kept && !isnan(value)) {
            number[count++] = value;
        }
    }
    return spread_of_numbers(number, count).median;
}

/* Of all pairs that counted them, kept or not: a count does not suffer from other work. */
static double syscalls_of(const struct result *result, int side) {
    double number[SUMMARY_PAIRS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < result->pairs && side < contest_sides(result->row.contest); i++) {
        const double value = result->pair[i].trial[side].syscalls_per_request;
        if (!isnan(value)) {
            number[count++] = value;
        }
    }
    return spread_of_numbers(number, count).median;
}

double summary_waited(const struct pair *pair) {
    double waited = 0;
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        waited = fmax(waited, pair->trial[side].waited_share);
    }
    return waited;
}

void summary_keep(struct result *result, unsigned wanted) {
    for (unsigned i = 0; i < result->pairs; i++) {
        unsigned calmer = 0;
        for (unsigned k = 0; k < result->pairs; k++) {
            const double difference = summary_waited(&result->pair[k]) - summary_waited(&result->pair[i]);
            calmer += difference < 0 || (!(difference > 0) && k < i);
        }
        result->pair[i].kept = calmer < wanted;
    }
}

static bool all_carried(const struct result *result) {
    bool carried = true;
    for (unsigned i = 0; i < result->pairs; i++) {
        const struct proof *proof = &result->pair[i].trial[CONTEST_RING].proof;
        carried = carried && (!proof->asked || proof->carried);
    }
    return carried;
}

static enum summary_fault fault_of(const struct summary *summary, const struct result *result) {
    if (result->error[0] != '\0') {
        return SUMMARY_FAULT_ERROR;
    }
    if (!all_carried(result)) {
        return SUMMARY_FAULT_NOT_RING;
    }
    if (result->row.contest->adapter == CONTEST_ADAPTER_NONE) {
        return SUMMARY_FAULT_NONE; /* the floor is a measure, not a contestant */
    }
    if (!(summary->cpu_ratio.median >= SUMMARY_RATIO_MIN)) {
        return SUMMARY_FAULT_CPU;
    }
    return summary->throughput_ratio.median >= SUMMARY_RATIO_MIN ? SUMMARY_FAULT_NONE : SUMMARY_FAULT_THROUGHPUT;
}

void summary_make(struct summary *summary, const struct result *result) {
    *summary = (struct summary){0};
    const int sides = contest_sides(result->row.contest);
    const struct spread none = {NAN, NAN, NAN};
    summary->throughput_ratio = spread_of(result, throughput_ratio);
    summary->cpu_ratio = spread_of(result, cpu_ratio);
    summary->floor_factor = sides > CONTEST_FLOOR ? spread_of(result, floor_factor) : none;
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        summary->requests_per_second[side] = side_median(result, side, offsetof(struct trial, requests_per_second));
        summary->cpu_us[side] = side_median(result, side, offsetof(struct trial, cpu_us));
        summary->p50_us[side] = side_median(result, side, offsetof(struct trial, p50_us));
        summary->p99_us[side] = side_median(result, side, offsetof(struct trial, p99_us));
        summary->syscalls[side] = syscalls_of(result, side);
    }
    summary->waited_share = spread_of(result, summary_waited).max;
    summary->disturbed = summary->waited_share > SUMMARY_WAITED_MAX;
    summary->fault = fault_of(summary, result);
}

bool summary_slow(const struct summary *summary) {
    return summary->fault == SUMMARY_FAULT_CPU || summary->fault == SUMMARY_FAULT_THROUGHPUT;
}

double summary_worst_ratio(const struct summary *summary) {
    return fmin(summary->cpu_ratio.median, summary->throughput_ratio.median);
}
