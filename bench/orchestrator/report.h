/* report - the table, the verdict and the JSON of a comparison. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "summary.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct report {
    const struct options *options;
    const struct trial_place *place;
    double seconds;
    size_t count;
    const struct result *result;   /* count of them */
    const struct summary *summary; /* count of them */
};

/* Of the JSON. Another number when a reader of the old one would be wrong or lack something. */
enum { REPORT_FORMAT_VERSION = 1 };

enum { REPORT_ROW_NAME_MAX = 80, REPORT_SIZE_NAME_MAX = 16 };

/* report_row_name - "bev-echo 16 KiB x 64", before it the workload if it is not one of the quick comparison's, into
 * out, REPORT_ROW_NAME_MAX bytes. Returns out. */
const char *report_row_name(char *out, const struct contest_row *row);

/* report_size_name - "16 KiB", or "-" for 0, into out, REPORT_SIZE_NAME_MAX bytes. Returns out. */
const char *report_size_name(char *out, unsigned size);

/* report_print_worst - the rows with the smallest ratios, the worst one first, on standard output. */
void report_print_worst(const struct report *report);

/* report_print_table - all rows, by workload, on standard output. */
void report_print_table(const struct report *report);

/* report_fault - why a row does not pass, in a sentence, into out. */
void report_fault(char *out, size_t size, const struct result *result, const struct summary *summary);

/* report_print - the whole report on standard output, the verdict line last. Returns whether the verdict is PASS. */
bool report_print(const struct report *report);

/* report_passes - whether no row has a fault. */
bool report_passes(const struct report *report);

/* report_object - everything measured. The caller's to delete; NULL without memory. */
cJSON *report_object(const struct report *report);

#endif
