/* compare_log - what a program of the comparison prints, kept in a file, and told when something went wrong. */
#ifndef RB_CLI_COMPARE_LOG_H
#define RB_CLI_COMPARE_LOG_H

#include <stdbool.h>

struct compare_log {
    int fd; /* to append to; -1: not open */
};

/* compare_log_open - make one.
 *   directory  where it is kept, under a name made of the rest; NULL: it is not kept
 * Returns CLI_OK, or CLI_FAILED after printing why. */
int compare_log_open(struct compare_log *log, const char *directory, unsigned number, const char *side,
                     const char *what);

/* compare_log_clear - forget what is in it. */
void compare_log_clear(struct compare_log *log);

/* compare_log_read - what is in it, of what is too long the end. To be freed; NULL: out of memory. */
char *compare_log_read(const struct compare_log *log);

/* compare_log_has - whether a text is in it. */
bool compare_log_has(const struct compare_log *log, const char *text);

/* compare_log_tell - show its last lines on standard error.
 *   who  printed them, such as "the server" */
void compare_log_tell(const struct compare_log *log, const char *who);

void compare_log_close(struct compare_log *log);

#endif
