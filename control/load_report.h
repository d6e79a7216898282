/* load_report - what a load tool says about its run: wrk, ab, h2load, pgbench, dnsperf, memcaslap. A tool is known by
 * what it prints, not by its name, so that it may be started by a script. */
#ifndef CONTROL_LOAD_REPORT_H
#define CONTROL_LOAD_REPORT_H

/* Figures that a tool does not give are NAN. */
struct load_report {
    const char *tool; /* NULL: nothing below holds */
    const char *unit; /* what it counts: "requests", "transactions", ... */
    const char *one;  /* one of them */
    double requests;  /* answered well */
    double failed;    /* answered otherwise, or not at all, as the tool counts it */
    double per_second;
    double mean_us, p50_us, p75_us, p90_us, p99_us, max_us; /* latency */
};

/* load_report_read - find the figures in what was printed.
 * Returns 0; -ENOENT: it is no report of a tool that is known; -E2BIG: there are several, and nobody can tell whether
 * they ran side by side; -EBADMSG: a tool that is known says nothing of requests and their rate. Only with 0 the report
 * has a tool. */
int load_report_read(struct load_report *report, const char *text);

/* load_report_tools - the names of all that are known, separated by ", ". Static. */
const char *load_report_tools(void);

#endif
