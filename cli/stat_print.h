/* stat_print - a page of counters for a reader, and for a program. */
#ifndef RB_CLI_STAT_PRINT_H
#define RB_CLI_STAT_PRINT_H

#include "stat_page.h"

/* stat_print_text - the totals, the fallbacks with their meaning, and one line a loop. */
void stat_print_text(int pid, const struct stat_page *page);

/* stat_print_json - the same as one JSON object: the totals are its own keys. Returns 0 or -ENOMEM. */
int stat_print_json(int pid, const struct stat_page *page);

#endif
