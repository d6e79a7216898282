/* report - see report.h. */
#include "report.h"
#include "child.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { KIB = 1024, MIB = 1024 * 1024, FAULT_MAX = TRIAL_TEXT_MAX + 64 };

const char *report_size_name(char *out, unsigned size) {
    if (size == 0) {
        (void)snprintf(out, REPORT_SIZE_NAME_MAX, "-");
    } else if (size % MIB == 0) {
        (void)snprintf(out, REPORT_SIZE_NAME_MAX, "%u MiB", size / MIB);
    } else if (size % KIB == 0) {
        (void)snprintf(out, REPORT_SIZE_NAME_MAX, "%u KiB", size / KIB);
    } else {
        (void)snprintf(out, REPORT_SIZE_NAME_MAX, "%u B", size);
    }
    return out;
}

const char *report_row_name(char *out, const struct contest_row *row) {
    const struct plan *plan = contest_plan(row->contest);
    const char *workload = plan->is_quick ? "" : plan->name;
    const char *gap = plan->is_quick ? "" : " ";
    char size[REPORT_SIZE_NAME_MAX];
    if (row->size == 0) {
        (void)snprintf(out, REPORT_ROW_NAME_MAX, "%s%s%s x %u", workload, gap, row->contest->name, row->connections);
    } else {
        (void)snprintf(out, REPORT_ROW_NAME_MAX, "%s%s%s %s x %u", workload, gap, row->contest->name,
                       report_size_name(size, row->size), row->connections);
    }
    return out;
}

/* What the ring side's first run that the ring did not carry says. */
static const char *why_not_ring(const struct result *result) {
    for (unsigned i = 0; i < result->pairs; i++) {
        const struct proof *proof = &result->pair[i].trial[CONTEST_RING].proof;
        if (proof->asked && !proof->carried) {
            return proof->why;
        }
    }
    return "";
}

static void ratio_fault(char *out, size_t size, const char *what, const struct spread *ratio) {
    (void)snprintf(out, size, "%s: ratio %.3f is below %.2f", what, ratio->median, SUMMARY_RATIO_MIN);
}

void report_fault(char *out, size_t size, const struct result *result, const struct summary *summary) {
    out[0] = '\0';
    switch (summary->fault) {
    case SUMMARY_FAULT_NONE:
        break;
    case SUMMARY_FAULT_ERROR:
        (void)snprintf(out, size, "a run failed: %s", result->error);
        break;
    case SUMMARY_FAULT_NOT_RING:
        (void)snprintf(out, size, "IT RAN ON EPOLL: %s", why_not_ring(result));
        break;
    case SUMMARY_FAULT_CPU:
        ratio_fault(out, size, "CPU per request", &summary->cpu_ratio);
        break;
    case SUMMARY_FAULT_THROUGHPUT:
        ratio_fault(out, size, "throughput", &summary->throughput_ratio);
        break;
    case SUMMARY_FAULT_P50:
        ratio_fault(out, size, "latency, p50", &summary->p50_ratio);
        break;
    case SUMMARY_FAULT_P99:
        ratio_fault(out, size, "latency, p99", &summary->p99_ratio);
        break;
    case SUMMARY_FAULT_IDLE_CPU:
        (void)snprintf(out, size, "without traffic: %.2f%% of a CPU is above %.2f%%",
                       summary->idle_cpu_percent[CONTEST_RING], SUMMARY_IDLE_CPU_PERCENT_MAX);
        break;
    case SUMMARY_FAULT_MEMORY:
        (void)snprintf(out, size, "an idle connection: %.0f bytes more than on epoll is above %.0f",
                       summary->bytes_beyond, SUMMARY_IDLE_BYTES_MAX);
        break;
    }
}

static void print_head(const struct report *report) {
    struct utsname name = {0};
    (void)uname(&name);
    (void)printf("\nThe same programs on epoll and on the ring, in turns: %u pairs of %u ms each. %s %s, %ld CPUs",
                 report->options->pairs, report->options->window_ms, name.sysname, name.release,
                 sysconf(_SC_NPROCESSORS_ONLN));
    if (report->place->server_cpu == CHILD_CPU_ANY) {
        (void)printf(", nothing pinned.\n");
    } else {
        (void)printf("; server on CPU %d, load on CPU %d.\n", report->place->server_cpu, report->place->load_cpu);
    }
    (void)printf(
        "Ratios are medians of the pairs; over 1 the ring is better; below %.2f a row gets as many pairs again. "
        "\"of floor\" is\n"
        "the ring's CPU per request over that of a hand-written ring server (the row \"limit\" compares that one with\n"
        "a hand-written epoll server).\n\n",
        SUMMARY_RATIO_MIN);
}

/* Why system calls were not counted, or not by the better method; once. */
static void print_notes(const struct report *report) {
    bool disturbed = false, rests = false;
    const char *why = "";
    const char *method = "";
    for (size_t i = 0; i < report->count; i++) {
        disturbed = disturbed || report->summary[i].disturbed;
        rests = rests || report->summary[i].rests;
        if (report->result[i].pairs > 0 && why[0] == '\0') {
            why = report->result[i].pair[0].trial[CONTEST_EPOLL].syscalls_why;
            method = report->result[i].pair[0].trial[CONTEST_EPOLL].syscalls_method;
        }
    }
    if (disturbed) {
        (void)printf("\n~ other work took more than %.0f%% of the time of these runs: their figures are doubtful\n",
                     SUMMARY_WAITED_MAX * 100);
    }
    if (rests) {
        (void)printf("\nrests: nothing in the loop has bytes that the ring would move, so that it was left to epoll\n");
    }
    if (why[0] != '\0') {
        (void)printf("\nsystem calls %s (%s)\n", strcmp(method, "strace") == 0 ? "were counted by strace" : "n/a", why);
    }
}

bool report_passes(const struct report *report) {
    bool passes = true;
    for (size_t i = 0; i < report->count; i++) {
        passes = passes && report->summary[i].fault == SUMMARY_FAULT_NONE;
    }
    return passes;
}

static void print_verdict(const struct report *report) {
    char name[REPORT_ROW_NAME_MAX];
    char fault[FAULT_MAX];
    unsigned judged = 0;
    unsigned failed = 0;
    size_t worst = report->count;
    (void)printf("\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct summary *summary = &report->summary[i];
        if (summary->fault != SUMMARY_FAULT_NONE) {
            failed++;
            report_fault(fault, sizeof(fault), &report->result[i], summary);
            (void)printf("FAIL %s: %s\n", report_row_name(name, &report->result[i].row), fault);
        }
        if (report->result[i].row.contest->adapter == CONTEST_ADAPTER_NONE) {
            continue;
        }
        judged++;
        if (summary->fault != SUMMARY_FAULT_ERROR && !isnan(summary_worst_ratio(summary)) &&
            (worst == report->count || summary_worst_ratio(summary) < summary_worst_ratio(&report->summary[worst]))) {
            worst = i;
        }
    }
    (void)printf("verdict: %s (%u rows, ", failed == 0 ? "PASS" : "FAIL", judged);
    if (failed > 0) {
        (void)printf("%u failed, ", failed);
    }
    if (worst < report->count) {
        const struct summary *summary = &report->summary[worst];
        (void)printf("worst row %s: throughput %.2f, CPU %.2f, ", report_row_name(name, &report->result[worst].row),
                     summary->throughput_ratio.median, summary->cpu_ratio.median);
    }
    (void)printf("%.0f s)\n", report->seconds);
}

bool report_print(const struct report *report) {
    print_head(report);
    if (report->options->full) {
        report_print_worst(report);
    }
    report_print_table(report);
    print_notes(report);
    print_verdict(report);
    return report_passes(report);
}
