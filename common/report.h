/* report - the last part of a turn: from what operations told to epoll events. Lock held, owner thread. */
#ifndef RB_REPORT_H
#define RB_REPORT_H

#include "reactor.h"

/* rb_report_recheck - one poll(2), timeout 0, over everything that was reported by POLL last time and everything whose
 * wake key is doubtful; what holds becomes ready. */
void rb_report_recheck(struct rb_reactor *r);

/* rb_report_sort - of what would be asked, put aside what the program has probably exhausted, so that the loop may
 * sleep; and take up again what has lain there for long. Before each wait. may_wait  false: everything has to be asked
 * now */
void rb_report_sort(struct rb_reactor *r, bool may_wait);

/* rb_report_limit - a sleep has to end in time for what was put aside. Returns whether there is any, and *limit. */
bool rb_report_limit(const struct rb_reactor *r, struct timespec *limit);

/* rb_report_overdue - that time has come. */
bool rb_report_overdue(const struct rb_reactor *r);

/* rb_report - fill up to max events. Returns how many. */
int rb_report(struct rb_reactor *r, struct epoll_event *events, int max);

/* rb_report_draining - for a loop that epoll carries: what is left of its time on the ring. Returns the number of
 * events, or -EXDEV when there is nothing (more) and the kernel's epoll is to be waited for. */
int rb_report_draining(struct rb_reactor *r, struct epoll_event *events, int max);

#endif
