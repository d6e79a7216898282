/* interest - epoll_ctl: what is recorded, and what is left to the kernel's epoll.
 *
 * A change is only written down; the next turn acts on it. So a library that adds, changes and removes the same
 * interest between two waits pays nothing for it.
 */
#ifndef RB_INTEREST_H
#define RB_INTEREST_H

#include <sys/epoll.h>

#include "reactor.h"

/* rb_interest_ctl - epoll_ctl(2)'s contract for a loop that Ringback knows. Returns 0, -errno, or -EXDEV: the kernel's
 * epoll is to be asked (and rb_interest_passed told how that went). Any thread. */
int rb_interest_ctl(struct rb_reactor *r, int op, int fd, struct epoll_event *event);

/* rb_interest_passed - the kernel's epoll took a change on behalf of a loop that the ring carries. Any thread. */
void rb_interest_passed(struct rb_reactor *r, int op, int fd);

/* rb_interest_shared - the descriptor got a second name: epoll goes by the file, not by the number, and reports on
 * until the last name is closed. So epoll takes it, if it is watched. Returns 0, or -errno of epoll_ctl(2), or -EBUSY:
 * bytes wait here. Lock held, any thread. */
int rb_interest_shared(struct rb_reactor *r, struct rb_file *file, enum rb_why why);

/* rb_interest_reconcile - what epoll was to have, when bytes still waited here, goes there as soon as none do. Returns
 * whether it went: the loop's ring has no part in it any more. Lock held, owner thread. */
bool rb_interest_reconcile(struct rb_reactor *r, struct rb_file *file);

/* rb_interest_suits_bytes - a socket that its library is known to use as a stream or a listener: the ring would move
 * its bytes or accept its connections. */
bool rb_interest_suits_bytes(const struct rb_file *file);

#endif
