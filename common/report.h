/* report - the last part of a turn: from what operations told to epoll events. Lock held, owner thread. */
#ifndef RB_REPORT_H
#define RB_REPORT_H

#include "reactor.h"

/* rb_report - fill up to max events. Returns how many. */
int rb_report(struct rb_reactor *r, struct epoll_event *events, int max);

/* rb_report_pending - for a loop that epoll carries: something of its time on the ring is to be told now. */
bool rb_report_pending(const struct rb_reactor *r);

/* rb_report_draining - for a loop that epoll carries: what is left of its time on the ring. Returns the number of
 * events, or -EXDEV when there is nothing (more) and the kernel's epoll is to be waited for. */
int rb_report_draining(struct rb_reactor *r, struct epoll_event *events, int max);

#endif
