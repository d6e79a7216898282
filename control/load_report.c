/* load_report - see load_report.h. What the tools print is in compat-tests/fuzz/corpus/load_report. */
#include "load_report.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding numbers ---- */

/* The number behind a label, whatever blanks and colons are between them; NAN if there is none. */
static double number_after(const char *text, const char *label) {
    const char *place = strstr(text, label);
    char *end = NULL;
    if (place == NULL) {
        return NAN;
    }
    place += strlen(label);
    place += strspn(place, " \t:=");
    const double number = strtod(place, &end);
    return end == place || !isfinite(number) || number < 0 ? NAN : number;
}

/* The same, where saying nothing means none. */
static double count_after(const char *text, const char *label) {
    const double number = number_after(text, label);
    return isnan(number) ? 0 : number;
}

/* A time such as "1.38ms", in microseconds; NAN if it is none. */
static double duration_us(const char *text) {
    static const struct {
        const char *unit;
        double us;
    } units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}};
    double value = 0;
    char unit[4] = "";
    if (sscanf(text, "%lf%3[a-z]", &value, unit) != 2) {
        return NAN;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].unit) == 0 && isfinite(value * units[i].us)) {
            return value * units[i].us;
        }
    }
    return NAN;
}

static double duration_after(const char *text, const char *label) {
    const char *place = text == NULL ? NULL : strstr(text, label);
    return place == NULL ? NAN : duration_us(place + strlen(label));
}

static const char *last_of(const char *text, const char *part) {
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        last = at;
    }
    return last;
}

/* ---- one function a tool ---- */

static void read_wrk(const char *text, struct load_report *report) {
    const char *distribution = strstr(text, "Latency Distribution"); /* only with --latency */
    const char *line = strstr(text, " requests in ");
    const char *averages = strstr(text, "\n    Latency ");
    const char *errors = strstr(text, "Socket errors:");
    const double wrong = count_after(text, "Non-2xx or 3xx responses:");
    char mean[16] = "";
    char max[16] = "";
    while (line != NULL && line > text && line[-1] != '\n') {
        line--;
    }
    report->requests = (line == NULL ? NAN : strtod(line, NULL)) - wrong;
    report->per_second = number_after(text, "Requests/sec:");
    report->p50_us = duration_after(distribution, "50%");
    report->p75_us = duration_after(distribution, "75%");
    report->p90_us = duration_after(distribution, "90%");
    report->p99_us = duration_after(distribution, "99%");
    if (averages != NULL && sscanf(averages, " Latency %15s %*s %15s", mean, max) == 2) {
        report->mean_us = duration_us(mean);
        report->max_us = duration_us(max);
    }
    report->failed = wrong;
    if (errors != NULL) {
        report->failed += count_after(errors, " connect") + count_after(errors, " read") +
                          count_after(errors, " write") + count_after(errors, " timeout");
    }
}

/* ab's percentiles are whole milliseconds: below ten of them they say too little to be compared. */
static double ab_percentile_us(const char *text, const char *label) {
    const double ms = text == NULL ? NAN : number_after(text, label);
    return ms >= 10 ? ms * 1e3 : NAN;
}

static void read_ab(const char *text, struct load_report *report) {
    const char *percentiles = strstr(text, "Percentage of the requests");
    report->failed = count_after(text, "Failed requests:") + count_after(text, "Non-2xx responses:");
    report->requests = fmax(number_after(text, "Complete requests:") - report->failed, 0);
    report->per_second = number_after(text, "Requests per second:");
    report->mean_us = number_after(text, "Time per request:") * 1e3;
    report->p50_us = ab_percentile_us(percentiles, "\n  50%");
    report->p75_us = ab_percentile_us(percentiles, "\n  75%");
    report->p90_us = ab_percentile_us(percentiles, "\n  90%");
    report->p99_us = ab_percentile_us(percentiles, "\n  99%");
    report->max_us = ab_percentile_us(percentiles, "\n 100%");
}

/* The head of h2load's table names its columns; there are more of them in newer versions. */
static void read_h2load_times(const char *head, const char *row, struct load_report *report) {
    const struct {
        const char *name;
        double *value;
    } columns[] = {
        {"max", &report->max_us}, {"mean", &report->mean_us}, {"median", &report->p50_us}, {"p99", &report->p99_us}};
    char name[16];
    char value[16];
    int name_length = 0;
    int value_length = 0;
    while (sscanf(head, "%15s%n", name, &name_length) == 1 && sscanf(row, "%15s%n", value, &value_length) == 1 &&
           strcmp(name, "+/-") != 0) {
        for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
            if (strcmp(name, columns[i].name) == 0) {
                *columns[i].value = duration_us(value);
            }
        }
        head += name_length;
        row += value_length;
    }
}

static void read_h2load(const char *text, struct load_report *report) {
    static const char label[] = "time for request:";
    const char *requests = strstr(text, "\nrequests:");
    const char *finished = strstr(text, "finished in ");
    const char *head = strstr(text, " min ");
    const char *row = strstr(text, label);
    if (requests != NULL && sscanf(requests, "\nrequests: %*d total, %*d started, %*d done, %lf succeeded, %lf failed",
                                   &report->requests, &report->failed) != 2) {
        report->requests = NAN;
    }
    if (finished != NULL && sscanf(finished, "finished in %*[^,], %lf req/s", &report->per_second) != 1) {
        report->per_second = NAN;
    }
    if (head != NULL && row != NULL && head < row) {
        read_h2load_times(head, row + strlen(label), report);
    }
}

static void read_pgbench(const char *text, struct load_report *report) {
    /* Older versions say two rates; the last one leaves connecting out. */
    const char *rate = last_of(text, "\ntps =");
    report->requests = number_after(text, "number of transactions actually processed:");
    report->failed = count_after(text, "number of failed transactions:");
    report->per_second = rate == NULL ? NAN : number_after(rate, "tps");
    report->mean_us = number_after(text, "latency average") * 1e3;
}

static void read_dnsperf(const char *text, struct load_report *report) {
    static const char *const bad[] = {"SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"};
    const char *codes = strstr(text, "Response codes:");
    const char *latency = strstr(text, "Average Latency (s):");
    double wrong = 0;
    for (size_t i = 0; codes != NULL && i < sizeof(bad) / sizeof(bad[0]); i++) {
        wrong += count_after(codes, bad[i]);
    }
    report->requests = number_after(text, "Queries completed:") - wrong;
    report->failed = count_after(text, "Queries lost:") + wrong;
    report->per_second = number_after(text, "Queries per second:");
    if (latency != NULL) {
        report->mean_us = number_after(latency, "(s):") * 1e6;
        report->max_us = number_after(latency, "max") * 1e6;
    }
}

static void read_memcaslap(const char *text, struct load_report *report) {
    const char *line = strstr(text, "Run time:");
    const char *total = last_of(text, "Total Statistics ("); /* only with --stat_freq */
    report->requests = line == NULL ? NAN : number_after(line, "Ops:");
    report->failed = 0;
    report->per_second = line == NULL ? NAN : number_after(line, "TPS:");
    if (total != NULL) {
        report->mean_us = number_after(total, "Avg:");
        report->max_us = number_after(total, "Max:");
    }
}

/* ---- all of them ---- */

static const struct tool {
    const char *name;
    const char *unit;
    const char *one;
    const char *signature; /* what it prints once a run, and nobody else */
    void (*read)(const char *text, struct load_report *report);
} tools[] = {
    {"wrk", "requests", "request", " test @ ", read_wrk},
    {"ab", "requests", "request", "This is ApacheBench", read_ab},
    {"h2load", "requests", "request", "\nfinished in ", read_h2load},
    {"pgbench", "transactions", "transaction", "transaction type:", read_pgbench},
    {"dnsperf", "queries", "query", "DNS Performance Testing Tool", read_dnsperf},
    {"memcaslap", "operations", "operation", " Net_rate:", read_memcaslap},
};

enum { TOOL_COUNT = sizeof(tools) / sizeof(tools[0]) };

const char *load_report_tools(void) {
    static char names[128];
    size_t used = 0;
    for (size_t i = 0; i < TOOL_COUNT; i++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ", tools[i].name);
    }
    return names;
}

int load_report_read(struct load_report *report, const char *text) {
    const struct tool *tool = NULL;
    unsigned reports = 0;
    *report = (struct load_report){
        .requests = NAN,
        .failed = NAN,
        .per_second = NAN,
        .mean_us = NAN,
        .p50_us = NAN,
        .p75_us = NAN,
        .p90_us = NAN,
        .p99_us = NAN,
        .max_us = NAN,
    };
    for (size_t i = 0; i < TOOL_COUNT; i++) {
        for (const char *at = text; (at = strstr(at, tools[i].signature)) != NULL; at++) {
            tool = &tools[i];
            reports++;
        }
    }
    if (reports != 1) {
        return reports == 0 ? -ENOENT : -E2BIG;
    }
    tool->read(text, report);
    if (!isfinite(report->requests) || !isfinite(report->per_second) || !isfinite(report->failed) ||
        report->requests < 0 || report->per_second < 0) {
        return -EBADMSG;
    }
    report->tool = tool->name;
    report->unit = tool->unit;
    report->one = tool->one;
    return 0;
}
