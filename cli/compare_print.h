/* compare_print - the comparison for a reader, and for a program. */
#ifndef RB_CLI_COMPARE_PRINT_H
#define RB_CLI_COMPARE_PRINT_H

#include "compare_sum.h"

/* compare_print_progress - one line on standard error of a run that went well. */
void compare_print_progress(const struct compare_run *run, const struct compare_setup *setup, enum compare_side side,
                            unsigned number, bool counted, double left_s);

/* compare_print_text - head, table, what carried the server, notes. */
void compare_print_text(const struct compare_sum *sum, const struct compare_runs *runs,
                        const struct compare_setup *setup);

/* compare_print_json - the same and each run by itself, as one JSON object. Returns 0 or -ENOMEM. */
int compare_print_json(const struct compare_sum *sum, const struct compare_runs *runs,
                       const struct compare_setup *setup);

#endif
