/* stat_print - a sample for a reader, and for a program. */
#ifndef RB_CLI_STAT_PRINT_H
#define RB_CLI_STAT_PRINT_H

#include "stat_names.h"
#include "stat_sample.h"

/* stat_print_text - the totals, the fallbacks with their meaning, one line a loop, and what carries the descriptors.
 *   fds  one line a descriptor as well */
void stat_print_text(int pid, const struct stat_sample *sample, bool fds);

/* stat_print_json - the same as one JSON object: the totals are its own keys.
 *   one_line  without line breaks but the last. Returns 0 or -ENOMEM. */
int stat_print_json(int pid, const struct stat_sample *sample, bool fds, bool one_line);

/* stat_print_processes_json - a list of processes. Returns 0 or -ENOMEM. */
int stat_print_processes_json(const struct stat_processes *processes);

/* stat_print_loop_used - whether a loop has this slot, or had it. */
bool stat_print_loop_used(const struct stat_page *page, unsigned slot);

/* stat_print_carrier - "ring", "epoll", ... ; "earlier" for a slot that holds what gone loops counted. Static. */
const char *stat_print_carrier(const struct stat_page *page, unsigned slot);

/* stat_print_cause - why a loop runs on epoll, a sentence; NULL if it does not, or its process does not say. Static. */
const char *stat_print_cause(const struct stat_page *page, unsigned slot);

#endif
