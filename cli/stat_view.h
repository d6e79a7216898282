/* stat_view - two samples of a process as lines for a screen of a given size, or for a log. Knows no terminal. */
#ifndef RB_CLI_STAT_VIEW_H
#define RB_CLI_STAT_VIEW_H

#include "stat_sample.h"

enum { STAT_VIEW_LINE_MAX = 512 };

/* How a line is to look where that can be shown. */
enum stat_look { STAT_LOOK_PLAIN, STAT_LOOK_TITLE, STAT_LOOK_HEAD, STAT_LOOK_WARNING, STAT_LOOK_DIM };

/* What is looked at. */
struct stat_view {
    int pid;
    const char *name; /* of the program */
    const struct stat_sample *now;
    const struct stat_sample *before; /* NULL at first: no rates yet */
    bool sockets;                     /* whether the sockets of the process's network may be looked at */
    int interval_ms;
    const char *clock; /* the time of day, as text */
};

/* stat_view_put_fn - one more line, without a newline; printable, at most STAT_VIEW_LINE_MAX - 1 bytes. */
typedef void stat_view_put_fn(void *arg, enum stat_look look, const char *line);

/* stat_view_screen - everything that fits: the loops with their rates, fallbacks, what carries the descriptors and why,
 * and as many descriptors one by one as there is room for, the busiest first.
 *   lines, columns  of the screen; no more lines than that are put, none longer. */
void stat_view_screen(const struct stat_view *view, int lines, int columns, stat_view_put_fn *put, void *arg);

/* stat_view_log - one line a loop that lives; head: first what the columns are. */
void stat_view_log(const struct stat_view *view, bool head, stat_view_put_fn *put, void *arg);

#endif
