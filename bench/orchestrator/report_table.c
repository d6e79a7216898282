/* report_table - report_print_table and report_print_worst of report.h. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORST_ROWS = 10, CELL_MAX = 32 };

/* A number with two digits after the point, or what stands for none. */
static const char *number_text(char out[CELL_MAX], double number, const char *none) {
    if (isnan(number)) {
        (void)snprintf(out, CELL_MAX, "%s", none);
    } else {
        (void)snprintf(out, CELL_MAX, "%.2f", number);
    }
    return out;
}

static const char *spread_text(char out[CELL_MAX], const struct spread *spread) {
    (void)snprintf(out, CELL_MAX, "(%.2f..%.2f)", spread->min, spread->max);
    return out;
}

static void print_name(const struct contest_row *row) {
    char size[REPORT_SIZE_NAME_MAX];
    (void)printf("%-11s %8s %6u | ", row->contest->name, report_size_name(size, row->size), row->connections);
}

static void print_row(const struct result *result, const struct summary *summary) {
    char throughput[CELL_MAX];
    char cpu[CELL_MAX];
    char calls[2][CELL_MAX];
    char floor[CELL_MAX];
    (void)printf("%9.0f %9.0f %5.2f %-13s | %7.2f %7.2f %5.2f %-13s | %5s | %6s %7s | %7.0f %7.0f %5.2f | "
                 "%7.0f %7.0f %5.2f%s%s\n",
                 summary->requests_per_second[CONTEST_EPOLL], summary->requests_per_second[CONTEST_RING],
                 summary->throughput_ratio.median, spread_text(throughput, &summary->throughput_ratio),
                 summary->cpu_us[CONTEST_EPOLL], summary->cpu_us[CONTEST_RING], summary->cpu_ratio.median,
                 spread_text(cpu, &summary->cpu_ratio), number_text(floor, summary->floor_factor.median, "-"),
                 number_text(calls[CONTEST_EPOLL], summary->syscalls[CONTEST_EPOLL], "n/a"),
                 number_text(calls[CONTEST_RING], summary->syscalls[CONTEST_RING], "n/a"),
                 summary->p50_us[CONTEST_EPOLL], summary->p50_us[CONTEST_RING], summary->p50_ratio.median,
                 summary->p99_us[CONTEST_EPOLL], summary->p99_us[CONTEST_RING], summary->p99_ratio.median,
                 summary->disturbed ? " ~" : "",
                 result->row.contest->adapter != CONTEST_ADAPTER_NONE && summary->fault == SUMMARY_FAULT_NOT_RING
                     ? " NOT ON THE RING"
                 : summary->rests ? " rests"
                                  : "");
}

static void print_idle_row(const struct summary *summary) {
    (void)printf("%5.2f%% %5.2f%% | %8.0f %8.0f | %8.0f %8.0f | %6.0f%s\n", summary->idle_cpu_percent[CONTEST_EPOLL],
                 summary->idle_cpu_percent[CONTEST_RING], summary->bytes_own[CONTEST_EPOLL],
                 summary->bytes_own[CONTEST_RING], summary->bytes_kernel[CONTEST_EPOLL],
                 summary->bytes_kernel[CONTEST_RING], summary->bytes_beyond,
                 summary->fault == SUMMARY_FAULT_NOT_RING ? " NOT ON THE RING" : "");
}

static void print_columns(const struct plan *plan) {
    if (plan->load == PLAN_LOAD_IDLE) {
        (void)printf("                            |   CPU time    | bytes, the server | bytes, the kernel |\n"
                     "server          size  conns |  epoll   ring |    epoll     ring |    epoll     ring | beyond\n");
        return;
    }
    (void)printf("                            |            requests per second          |        CPU us per request    "
                 "       |    of | system calls   |     latency us, p50   |     p99 us\n"
                 "server          size  conns |     epoll      ring ratio (min..max)    |   epoll    ring ratio "
                 "(min..max)    | floor |  epoll    ring |   epoll    ring ratio |   epoll    ring ratio\n");
}

void report_print_table(const struct report *report) {
    for (int id = 0; id < PLANS; id++) {
        const struct plan *plan = plan_at((enum plan_id)id);
        bool has_columns = false;
        for (size_t i = 0; i < report->count; i++) {
            const struct result *result = &report->result[i];
            if (contest_plan(result->row.contest) != plan) {
                continue;
            }
            if (!has_columns) {
                (void)printf("\n%s: %s\n", plan->name, plan->meaning);
                print_columns(plan);
                has_columns = true;
            }
            print_name(&result->row);
            if (report->summary[i].fault == SUMMARY_FAULT_ERROR) {
                (void)printf("FAILED\n");
            } else if (plan->load == PLAN_LOAD_IDLE) {
                print_idle_row(&report->summary[i]);
            } else {
                print_row(result, &report->summary[i]);
            }
        }
    }
}

struct ranked {
    size_t row;
    double ratio;
};

static int compare_ranked(const void *left, const void *right) {
    const double l = ((const struct ranked *)left)->ratio;
    const double r = ((const struct ranked *)right)->ratio;
    return (l > r) - (l < r);
}

static void print_ratio(const char *what, const struct spread *ratio) {
    char spread[CELL_MAX];
    (void)printf("  %s %.2f %-13s", what, ratio->median, spread_text(spread, ratio));
}

void report_print_worst(const struct report *report) {
    static struct ranked ranked[CONTEST_ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++) {
        const double ratio = summary_worst_ratio(&report->summary[i]);
        const bool is_judged = report->result[i].row.contest->adapter != CONTEST_ADAPTER_NONE;
        if (is_judged && report->summary[i].fault != SUMMARY_FAULT_ERROR && !isnan(ratio)) {
            ranked[count++] = (struct ranked){i, ratio};
        }
    }
    qsort(ranked, count, sizeof(ranked[0]), compare_ranked);
    (void)printf("\nThe worst rows:\n");
    for (size_t i = 0; i < count && i < WORST_ROWS; i++) {
        const struct summary *summary = &report->summary[ranked[i].row];
        char name[REPORT_ROW_NAME_MAX];
        (void)printf("%-36s", report_row_name(name, &report->result[ranked[i].row].row));
        print_ratio("throughput", &summary->throughput_ratio);
        print_ratio("CPU", &summary->cpu_ratio);
        print_ratio("p50", &summary->p50_ratio);
        print_ratio("p99", &summary->p99_ratio);
        (void)printf("\n");
    }
}
