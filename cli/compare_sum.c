#include "compare_sum.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* From this ratio on the ring is better, and below its reciprocal worse, if every pair is on the same side. */
#define CLEAR_MIN 1.03

/* Pairs that are all as near to 1 as this are the same. */
#define SAME_MAX 1.05

/* So little memory is nothing, whatever the ratio. */
#define MEMORY_SAME (4.0 * (1 << 20))

/* From this share on the load's CPUs count as busy. */
#define LOAD_BUSY 0.9

/* From this share on what others do makes the figures doubtful. */
#define OTHERS_MAX 0.1

static const struct {
    const char *key;
    const char *name; /* %s: one of what the report counts, or "run" */
    enum compare_unit unit;
    bool more_is_better;
    bool has_ratio;
} rows[ROW_COUNT] = {
    [ROW_THROUGHPUT] = {"throughput", "throughput, %s/s", UNIT_RATE, true, true},
    [ROW_WALL] = {"wall_time", "time that the load took", UNIT_SECONDS, false, true},
    [ROW_MEAN] = {"latency_mean", "latency, mean", UNIT_US, false, true},
    [ROW_P50] = {"latency_p50", "latency, p50", UNIT_US, false, true},
    [ROW_P90] = {"latency_p90", "latency, p90", UNIT_US, false, true},
    [ROW_P99] = {"latency_p99", "latency, p99", UNIT_US, false, true},
    [ROW_CPU] = {"cpu", "server's CPU time per %s", UNIT_US, false, true},
    [ROW_SYSCALLS] = {"syscalls", "system calls per %s", UNIT_COUNT, false, true},
    [ROW_SWITCHES] = {"context_switches", "context switches per %s", UNIT_COUNT, false, true},
    [ROW_MEMORY] = {"peak_memory", "peak memory", UNIT_BYTES, false, true},
    [ROW_BUSY] = {"cpu_in_use", "server's CPU in use", UNIT_PERCENT, false, false},
};

static void sum__note(struct compare_sum *sum, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void sum__note(struct compare_sum *sum, const char *format, ...) {
    va_list args;

    if (sum->notes == NOTE_MAX)
        return;
    va_start(args, format);
    vsnprintf(sum->note[sum->notes++], NOTE_TEXT_MAX, format, args);
    va_end(args);
}

/* One figure of one run; NAN if it has none. */
static double sum__value(const struct compare_run *run, enum compare_row row, bool reported) {
    const double per = reported ? run->report.requests : 1;

    switch (row) {
    case ROW_THROUGHPUT:
        return reported ? run->report.per_second : NAN;
    case ROW_WALL:
        return reported ? NAN : run->wall_s;
    case ROW_MEAN:
        return reported ? run->report.mean_us : NAN;
    case ROW_P50:
        return reported ? run->report.p50_us : NAN;
    case ROW_P90:
        return reported ? run->report.p90_us : NAN;
    case ROW_P99:
        return reported ? run->report.p99_us : NAN;
    case ROW_CPU:
        return run->cpu_s * 1e6 / per;
    case ROW_SYSCALLS:
        return run->syscalls / per;
    case ROW_SWITCHES:
        return run->switches / per;
    case ROW_MEMORY:
        return run->peak_bytes;
    case ROW_BUSY:
        return run->wall_s > 0 ? 100 * run->cpu_s / run->wall_s : NAN;
    case ROW_COUNT:
        break;
    }
    return NAN;
}

static enum compare_verdict sum__judge(const struct spread *ratio) {
    if (isnan(ratio->median))
        return VERDICT_NONE;
    if (ratio->min > 1 && ratio->median >= CLEAR_MIN)
        return VERDICT_BETTER;
    if (ratio->max < 1 && ratio->median <= 1 / CLEAR_MIN)
        return VERDICT_WORSE;
    return ratio->min > 1 / SAME_MAX && ratio->max < SAME_MAX ? VERDICT_SAME : VERDICT_UNCLEAR;
}

/* The spread of what is known of some numbers; only all of them or none count. */
static struct spread sum__spread(double *number, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (!isfinite(number[i]))
            return (struct spread){NAN, NAN, NAN};
    return spread_of_numbers(number, count);
}

static void sum__make_line(struct compare_sum *sum, enum compare_row row, const struct compare_runs *runs) {
    struct compare_line *line = &sum->line[row];
    const bool counted = row == ROW_SYSCALLS, reported = sum->tool != NULL;
    const unsigned pairs = counted ? runs->counted_once : runs->pairs;
    double number[COMPARE_SIDES][COMPARE_RUNS_MAX], ratio[COMPARE_RUNS_MAX];
    const char *per = !reported ? "run" : row == ROW_THROUGHPUT ? sum->unit : sum->one;

    *line = (struct compare_line){.key = rows[row].key, .unit = rows[row].unit, .has_spread = pairs > 1};
    snprintf(line->name, sizeof(line->name), rows[row].name, per);
    for (unsigned i = 0; i < pairs; i++) {
        for (unsigned side = 0; side < COMPARE_SIDES; side++)
            number[side][i] = sum__value(counted ? &runs->counted[side] : &runs->timed[side][i], row, reported);
        ratio[i] = rows[row].more_is_better ? number[COMPARE_RING][i] / number[COMPARE_EPOLL][i]
                                            : number[COMPARE_EPOLL][i] / number[COMPARE_RING][i];
        ratio[i] = rows[row].has_ratio ? ratio[i] : NAN;
    }
    line->ratio = sum__spread(ratio, pairs);
    for (unsigned side = 0; side < COMPARE_SIDES; side++)
        line->side[side] = sum__spread(number[side], pairs);
    line->known = pairs > 0 && !isnan(line->side[COMPARE_EPOLL].median) && !isnan(line->side[COMPARE_RING].median);
    line->verdict = sum__judge(&line->ratio);
    if (row == ROW_MEMORY && fabs(line->side[COMPARE_RING].median - line->side[COMPARE_EPOLL].median) < MEMORY_SAME)
        line->verdict = VERDICT_SAME;
    line->times = rows[row].more_is_better ? line->ratio.median : 1 / line->ratio.median;
}

/* ---- what has to be said ---- */

/* The runs of both sides in turn, for n from 0 to twice the pairs. */
static const struct compare_run *sum__run(const struct compare_runs *runs, unsigned n) {
    return &runs->timed[n % COMPARE_SIDES][n / COMPARE_SIDES];
}

/* The tool, if there is the same one's report of every run. */
static void sum__take_tool(struct compare_sum *sum, const struct compare_runs *runs) {
    const struct compare_run *first = &runs->timed[COMPARE_EPOLL][0];
    int worst = first->report_error;

    sum->tool = first->report.tool;
    sum->unit = first->report.unit;
    sum->one = first->report.one;
    for (unsigned n = 0; n < runs->pairs * COMPARE_SIDES; n++) {
        const struct compare_run *run = sum__run(runs, n);

        worst = worst != 0 ? worst : run->report_error;
        if (run->report_error != 0 || run->report.tool != sum->tool)
            sum->tool = NULL;
    }
    if (sum->tool != NULL)
        return;
    if (worst == -E2BIG)
        sum__note(sum, "The load printed more than one report, and nobody can tell whether they ran side by side: only "
                       "the time that it took is compared.");
    else
        sum__note(sum,
                  "What the load printed is no report of %s: only the time that it took is compared, which means "
                  "something if every run does the same work.",
                  load_report_tools());
}

static void sum__note_failures(struct compare_sum *sum, const struct compare_runs *runs) {
    double failed[COMPARE_SIDES] = {0}, answered[COMPARE_SIDES] = {0};

    for (unsigned n = 0; n < runs->pairs * COMPARE_SIDES; n++) {
        failed[n % COMPARE_SIDES] += sum__run(runs, n)->report.failed;
        answered[n % COMPARE_SIDES] += sum__run(runs, n)->report.requests;
    }
    if (sum->tool != NULL && failed[COMPARE_EPOLL] + failed[COMPARE_RING] > 0)
        sum__note(sum,
                  "%s counted failures: %.0f on epoll, beside %.0f %s that went well, and %.0f on the ring, beside "
                  "%.0f.",
                  sum->tool, failed[COMPARE_EPOLL], answered[COMPARE_EPOLL], sum->unit, failed[COMPARE_RING],
                  answered[COMPARE_RING]);
}

static void sum__note_load(struct compare_sum *sum, const struct compare_runs *runs,
                           const struct compare_setup *setup) {
    const int cpus = setup->pinned ? CPU_COUNT(&setup->load_cpus) : 0;
    unsigned busy[COMPARE_SIDES] = {0};

    for (unsigned n = 0; n < runs->pairs * COMPARE_SIDES; n++)
        busy[n % COMPARE_SIDES] +=
            cpus > 0 && sum__run(runs, n)->load_cpu_s > LOAD_BUSY * cpus * sum__run(runs, n)->wall_s;
    if (busy[COMPARE_EPOLL] + busy[COMPARE_RING] > 0)
        sum__note(sum,
                  "The load kept its %d CPU%s busy%s: the server could have done more, and its CPU time says more "
                  "than the throughput.",
                  cpus, cpus == 1 ? "" : "s",
                  busy[COMPARE_EPOLL] == 0  ? " while the server ran on the ring"
                  : busy[COMPARE_RING] == 0 ? " while the server ran on epoll"
                                            : "");
}

static void sum__note_others(struct compare_sum *sum, const struct compare_runs *runs) {
    double most = 0;

    for (unsigned n = 0; n < runs->pairs * COMPARE_SIDES; n++)
        most = fmax(most, sum__run(runs, n)->others);
    if (most > OTHERS_MAX)
        sum__note(sum,
                  "Other programs took up to %.0f%% of these CPUs while the load ran, so the figures are doubtful: "
                  "see what else is running, and try again.",
                  most * 100);
}

/* Why there may be little to gain, and what may help. */
static void sum__note_readiness(struct compare_sum *sum, const struct compare_request *request) {
    const uint64_t *counter = sum->ring.counter;

    if (counter[RB_COUNTER_RECV_COMPLETIONS] + counter[RB_COUNTER_SENDS] > 0)
        return;
    if (request->streams != NULL || (request->profile != NULL && strcmp(request->profile, "safe") == 0))
        return;
    sum__note(sum, "The ring moved no bytes: this server reads and writes by itself, not by libuv's streams or "
                   "bufferevents. With --streams auto the ring receives for such a server, too.");
}

static void sum__note_syscalls(struct compare_sum *sum, const struct compare_runs *runs,
                               const struct compare_setup *setup) {
    const struct compare_run *run = &runs->counted[COMPARE_EPOLL];

    if (setup->request->no_syscalls)
        return;
    if (!sum->line[ROW_SYSCALLS].known)
        sum__note(sum, "System calls were not counted: %s.", run->uncounted[0] != '\0' ? run->uncounted : "no figures");
    else if (run->method == COUNTER_METHOD_STRACE)
        sum__note(sum, "System calls were counted by strace (%s).", run->uncounted);
}

void compare_sum_make(struct compare_sum *sum, const struct compare_runs *runs, const struct compare_setup *setup) {
    *sum = (struct compare_sum){.tool = NULL};
    sum__take_tool(sum, runs);
    for (unsigned row = 0; row < ROW_COUNT; row++)
        sum__make_line(sum, (enum compare_row)row, runs);
    sum->ring = runs->timed[COMPARE_RING][runs->pairs - 1].ring;
    sum__note_failures(sum, runs);
    sum__note_readiness(sum, setup->request);
    sum__note_others(sum, runs);
    sum__note_load(sum, runs, setup);
    sum__note_syscalls(sum, runs, setup);
    if (!setup->pinned)
        sum__note(sum, "Server and load were not kept apart, so that each took time from the other.");
    if (runs->pairs < 3)
        sum__note(sum, "With so few pairs a ratio may be chance; --runs N makes more of them.");
}

const char *compare_sum_verdict(enum compare_verdict verdict) {
    static const char *const names[] = {
        [VERDICT_NONE] = "",     [VERDICT_BETTER] = "better",   [VERDICT_WORSE] = "worse",
        [VERDICT_SAME] = "same", [VERDICT_UNCLEAR] = "unclear",
    };

    return names[verdict];
}
