/* show - what carries each descriptor, as `ringback stat` is told: see fdstate.h.
 *
 * Called where that changes, never for a read, a write or an event. Each call is one store into the page.
 */
#ifndef RB_SHOW_H
#define RB_SHOW_H

#include "reactor.h"

/* rb_show - what carries a file of this loop's from now on. Lock held. */
void rb_show(const struct rb_reactor *r, const struct rb_file *file);

/* rb_show_set_aside - likewise, of one whose bytes stay in the kernel from now on. Lock held. */
void rb_show_set_aside(const struct rb_reactor *r, struct rb_file *file, enum rb_why why);

/* rb_show_passed - the kernel's epoll has a descriptor that this loop watches. Lock held; any descriptor. */
void rb_show_passed(const struct rb_reactor *r, int fd, enum rb_why why);

/* rb_show_nothing - no loop watches it any more. Any thread. */
void rb_show_nothing(int fd);

#endif
