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

static double p50_ratio(const struct pair *pair) {
    return pair->trial[CONTEST_EPOLL].p50_us / pair->trial[CONTEST_RING].p50_us;
}

static double p99_ratio(const struct pair *pair) {
    return pair->trial[CONTEST_EPOLL].p99_us / pair->trial[CONTEST_RING].p99_us;
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

/* What a workload may judge, the fault it is, and the ratio that tells. */
struct judgement {
    enum plan_judged judged;
    enum summary_fault fault;
    double ratio;
};

enum { JUDGEMENTS = 4 };

static void judgements_of(struct judgement judgement[JUDGEMENTS], const struct summary *summary) {
    judgement[0] = (struct judgement){PLAN_JUDGES_CPU, SUMMARY_FAULT_CPU, summary->cpu_ratio.median};
    judgement[1] =
        (struct judgement){PLAN_JUDGES_THROUGHPUT, SUMMARY_FAULT_THROUGHPUT, summary->throughput_ratio.median};
    judgement[2] = (struct judgement){PLAN_JUDGES_P50, SUMMARY_FAULT_P50, summary->p50_ratio.median};
    judgement[3] = (struct judgement){PLAN_JUDGES_P99, SUMMARY_FAULT_P99, summary->p99_ratio.median};
}

static enum summary_fault idle_fault_of(const struct summary *summary) {
    if (!(summary->idle_cpu_percent[CONTEST_RING] <= SUMMARY_IDLE_CPU_PERCENT_MAX)) {
        return SUMMARY_FAULT_IDLE_CPU;
    }
    return summary->bytes_beyond <= SUMMARY_IDLE_BYTES_MAX ? SUMMARY_FAULT_NONE : SUMMARY_FAULT_MEMORY;
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
    const unsigned judged = contest_plan(result->row.contest)->judged;
    if ((judged & PLAN_JUDGES_IDLE) != 0) {
        return idle_fault_of(summary);
    }
    struct judgement judgement[JUDGEMENTS];
    judgements_of(judgement, summary);
    for (int i = 0; i < JUDGEMENTS; i++) {
        if ((judged & judgement[i].judged) != 0 && !(judgement[i].ratio >= SUMMARY_RATIO_MIN)) {
            return judgement[i].fault;
        }
    }
    return SUMMARY_FAULT_NONE;
}

void summary_make(struct summary *summary, const struct result *result) {
    *summary = (struct summary){0};
    const int sides = contest_sides(result->row.contest);
    const struct spread none = {NAN, NAN, NAN};
    summary->throughput_ratio = spread_of(result, throughput_ratio);
    summary->cpu_ratio = spread_of(result, cpu_ratio);
    summary->p50_ratio = spread_of(result, p50_ratio);
    summary->p99_ratio = spread_of(result, p99_ratio);
    summary->floor_factor = sides > CONTEST_FLOOR ? spread_of(result, floor_factor) : none;
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        summary->requests_per_second[side] = side_median(result, side, offsetof(struct trial, requests_per_second));
        summary->cpu_us[side] = side_median(result, side, offsetof(struct trial, cpu_us));
        summary->p50_us[side] = side_median(result, side, offsetof(struct trial, p50_us));
        summary->p99_us[side] = side_median(result, side, offsetof(struct trial, p99_us));
        for (size_t point = 0; point < LATENCY_POINTS; point++) {
            summary->latency_us[side][point] =
                side_median(result, side, offsetof(struct trial, latency_us) + point * sizeof(double));
        }
        summary->idle_cpu_percent[side] = side_median(result, side, offsetof(struct trial, idle_cpu_percent));
        summary->bytes_own[side] = side_median(result, side, offsetof(struct trial, bytes_own));
        summary->bytes_kernel[side] = side_median(result, side, offsetof(struct trial, bytes_kernel));
        summary->syscalls[side] = syscalls_of(result, side);
    }
    summary->bytes_beyond = summary->bytes_own[CONTEST_RING] + summary->bytes_kernel[CONTEST_RING] -
                            summary->bytes_own[CONTEST_EPOLL] - summary->bytes_kernel[CONTEST_EPOLL];
    summary->judged = contest_plan(result->row.contest)->judged;
    summary->waited_share = spread_of(result, summary_waited).max;
    summary->rests = result->pairs > 0 && result->pair[0].trial[CONTEST_RING].proof.rests;
    summary->disturbed = summary->waited_share > SUMMARY_WAITED_MAX;
    summary->fault = fault_of(summary, result);
}

bool summary_slow(const struct summary *summary) {
    return summary->fault >= SUMMARY_FAULT_CPU;
}

double summary_worst_ratio(const struct summary *summary) {
    struct judgement judgement[JUDGEMENTS];
    double worst = NAN;
    judgements_of(judgement, summary);
    for (int i = 0; i < JUDGEMENTS; i++) {
        if ((summary->judged & judgement[i].judged) != 0) {
            worst = fmin(worst, judgement[i].ratio); /* fmin passes a NAN over */
        }
    }
    return worst;
}
