/* stat_screen - the terminal while `ringback stat --watch` has it: lines from the top, a key or a resize in between. */
#ifndef RB_CLI_STAT_SCREEN_H
#define RB_CLI_STAT_SCREEN_H

#include <stdbool.h>

#include "stat_view.h"

/* stat_screen_open - take the terminal that standard output is. Returns 0, or -ENOTTY: standard output is none, or one
 * that cannot move its cursor. It is given back by stat_screen_close(), which may be called in any case. */
int stat_screen_open(void);
void stat_screen_close(void);

/* stat_screen_size - at present. */
void stat_screen_size(int *lines, int *columns);

/* stat_screen_begin, stat_screen_put, stat_screen_end - draw anew. */
void stat_screen_begin(void);
stat_view_put_fn stat_screen_put;
void stat_screen_end(void);

/* stat_screen_input - the descriptor that keys come from, -1 if there is none. */
int stat_screen_input(void);

/* stat_screen_keys - take the keys that were pressed and a change of size in. Does not wait.
 *   redraw  set to true if the screen has to be drawn anew; left alone otherwise
 * Returns whether it is to end. */
bool stat_screen_keys(bool *redraw);

#endif
