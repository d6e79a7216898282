/* options - the command line of the comparison. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <limits.h>
#include <stdbool.h>

enum { OPTIONS_LIST_MAX = 16, OPTIONS_PAIRS_MAX = 32 };

/* How the comparison ends. */
enum options_exit {
    OPTIONS_EXIT_PASS = 0,
    OPTIONS_EXIT_FAIL = 1,
    OPTIONS_EXIT_USAGE = 2,
    OPTIONS_EXIT_INTERRUPTED = 130
};

struct options {
    bool full;
    unsigned only_count;
    const char *only[OPTIONS_LIST_MAX];
    unsigned workload_count;
    const char *workload[OPTIONS_LIST_MAX];
    unsigned size_count;
    unsigned size[OPTIONS_LIST_MAX];
    unsigned connections_count;
    unsigned connections[OPTIONS_LIST_MAX];
    unsigned pairs;
    unsigned window_ms;
    const char *json_path;   /* NULL: none */
    const char *report_path; /* a directory; NULL: none */
    const char *from_path;   /* NULL: measure; else only make the report, from these figures */
    char lib_dir[PATH_MAX];
    char bin_dir[PATH_MAX];
};

/* options_parse - fills options. Prints what is wrong and exits with OPTIONS_EXIT_USAGE, or the help and exits with 0.
 */
void options_parse(struct options *options, int argc, char **argv);

#endif
