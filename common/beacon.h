/* beacon - what makes a loop's epoll descriptor readable for those who watch it from outside, as long as something of
 * its time on the ring is still to be told: epoll knows nothing of that. An eventfd, put into the loop's epoll and
 * taken out again. Lock held, but for rb_beacon_sift.
 */
#ifndef RB_BEACON_H
#define RB_BEACON_H

#include "reactor.h"

/* rb_beacon_update - what is to be told may have changed. Nothing to do for a loop that nobody watches. errno stays. */
void rb_beacon_update(struct rb_reactor *r);

/* rb_beacon_sift - the beacon is no event of the program's. Returns how many of n are left. Any thread, no lock. */
int rb_beacon_sift(const struct rb_reactor *r, struct epoll_event *events, int n);

/* rb_beacon_close - the loop ends, or its epoll descriptor is another process's, too. */
void rb_beacon_close(struct rb_reactor *r);

#endif
