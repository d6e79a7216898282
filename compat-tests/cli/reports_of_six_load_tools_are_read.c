/* Guards: a figure taken from the wrong line or in the wrong unit, a failed request that counts as answered, and a
 * figure made up where the tool gives none. The reports are real. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "load_report.h"

enum { TEXT_MAX = 65536 };

static char text[TEXT_MAX];

static size_t read_file(const char *name) {
    char path[512];
    size_t length;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", REPORTS, name);
    file = fopen(path, "r");
    CHECK_SAY(file != NULL, "%s is not there", path);
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    CHECK_INT(fclose(file), 0);
    return length;
}

static void expect(const char *file, const char *what, double actual, double expected) {
    CHECK_SAY(isnan(expected) ? isnan(actual) : fabs(actual - expected) < 1e-6 * (1 + fabs(expected)),
              "%s: %s is %f instead of %f", file, what, actual, expected);
}

static void figures_are_found(void) {
    static const struct {
        const char *file;
        struct load_report is;
    } reports[] = {
        {"wrk", {"wrk", "requests", "request", 60508, 0, 54934.91, 647.07, NAN, NAN, NAN, NAN, 8200}},
        {"wrk-latency", {"wrk", "requests", "request", 78939, 0, 71767.10, 211.15, 200, 240, 322, 472, 1760}},
        {"wrk-errors", {"wrk", "requests", "request", 0, 41567 + 848, 37740.77, 668.93, 50, 166, 2120, 9820, 16010}},
        {"ab", {"ab", "requests", "request", 20000, 0, 75569.80, 212, NAN, NAN, NAN, NAN, NAN}},
        {"ab-slow", {"ab", "requests", "request", 400, 0, 435.15, 18384, 17000, 19000, 22000, 34000, 34000}},
        {"ab-errors", {"ab", "requests", "request", 0, 303 + 4, 65.91, 60693, NAN, NAN, NAN, 3025000, 3032000}},
        {"h2load", {"h2load", "requests", "request", 20000, 0, 71649.15, 221, NAN, NAN, NAN, NAN, 5490}},
        {"h2load-errors", {"h2load", "requests", "request", 0, 200, 0, 0, NAN, NAN, NAN, NAN, 0}},
        {"pgbench", {"pgbench", "transactions", "transaction", 52250, 0, 26652.397645, 300, NAN, NAN, NAN, NAN, NAN}},
        {"pgbench-transactions",
         {"pgbench", "transactions", "transaction", 800, 0, 2013.302899, 1987, NAN, NAN, NAN, NAN, NAN}},
        {"dnsperf", {"dnsperf", "queries", "query", 78015, 0, 77452.847235, 1038, NAN, NAN, NAN, NAN, 17154}},
        {"dnsperf-tcp", {"dnsperf", "queries", "query", 6000, 0, 44471.786358, 1199, NAN, NAN, NAN, NAN, 53324}},
        {"dnsperf-lost", {"dnsperf", "queries", "query", 0, 10, 0, 0, NAN, NAN, NAN, NAN, 0}},
        {"memcaslap", {"memcaslap", "operations", "operation", 233838, 0, 116911, NAN, NAN, NAN, NAN, NAN, NAN}},
        {"memcaslap-latency", {"memcaslap", "operations", "operation", 20000, 0, 130622, 117, NAN, NAN, NAN, NAN, 881}},
        {"memcaslap-periods",
         {"memcaslap", "operations", "operation", 248059, 0, 82469, 193, NAN, NAN, NAN, NAN, 19655}},
    };

    for (unsigned i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        const char *file = reports[i].file;
        const struct load_report *is = &reports[i].is;
        struct load_report report;

        read_file(file);
        CHECK_SAY(load_report_read(&report, text) == 0, "%s is not understood", file);
        CHECK_SAY(strcmp(report.tool, is->tool) == 0 && strcmp(report.unit, is->unit) == 0 &&
                      strcmp(report.one, is->one) == 0,
                  "%s is taken for %s, %s", file, report.tool, report.unit);
        CHECK_SAY(strstr(load_report_tools(), is->tool) != NULL, "%s is not listed", is->tool);
        expect(file, "requests", report.requests, is->requests);
        expect(file, "failed", report.failed, is->failed);
        expect(file, "per_second", report.per_second, is->per_second);
        expect(file, "mean_us", report.mean_us, is->mean_us);
        expect(file, "p50_us", report.p50_us, is->p50_us);
        expect(file, "p75_us", report.p75_us, is->p75_us);
        expect(file, "p90_us", report.p90_us, is->p90_us);
        expect(file, "p99_us", report.p99_us, is->p99_us);
        expect(file, "max_us", report.max_us, is->max_us);
    }
}

/* Columns of newer versions of h2load, older rates of pgbench, units of slow servers. */
static void other_versions_are_read(void) {
    struct load_report report;

    CHECK_INT(load_report_read(&report, "\nfinished in 2.00s, 10.50 req/s, 1MB/s\nrequests: 21 total, 21 started, 21 "
                                        "done, 20 succeeded, 1 failed, 0 errored, 0 timeout\n   min   max   median   "
                                        "p95   p99   mean   sd   +/- sd\ntime for request:  1us  1.20s  20ms  30ms  "
                                        "1.00m  25ms  1ms  90.00%\n"),
              0);
    expect("h2load", "requests", report.requests, 20);
    expect("h2load", "failed", report.failed, 1);
    expect("h2load", "p50_us", report.p50_us, 20e3);
    expect("h2load", "p99_us", report.p99_us, 60e6);
    expect("h2load", "mean_us", report.mean_us, 25e3);
    expect("h2load", "max_us", report.max_us, 1.2e6);
    CHECK_INT(load_report_read(&report, "transaction type: x\nnumber of transactions actually processed: 5/5\nlatency "
                                        "average: 2.5 ms\ntps = 85.5 (including connections establishing)\ntps = 95.5 "
                                        "(excluding connections establishing)\n"),
              0);
    expect("pgbench", "per_second", report.per_second, 95.5);
    expect("pgbench", "mean_us", report.mean_us, 2500);
}

static void what_is_no_report_is_refused(void) {
    static char twice[2 * TEXT_MAX];
    struct load_report report;

    CHECK_INT(load_report_read(&report, ""), -ENOENT);
    CHECK_INT(load_report_read(&report, "Requests/sec: 12\n"), -ENOENT);
    CHECK(report.tool == NULL);
    CHECK_INT(load_report_read(&report, "Running 1s test @ http://127.0.0.1/\n"), -EBADMSG);
    CHECK(report.tool == NULL);
    read_file("wrk");
    snprintf(twice, sizeof(twice), "%s%s", text, text);
    CHECK_INT(load_report_read(&report, twice), -E2BIG);
    CHECK(report.tool == NULL);
}

int main(void) {
    check_begin(30);
    figures_are_found();
    other_versions_are_read();
    what_is_no_report_is_refused();
    return check_passed();
}
