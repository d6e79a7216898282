/* level - level triggering: what was reported stays true until the program changes it, and the ring tells of changes
 * only.
 *
 * So before the loop sleeps, each of these descriptors is looked at again, in the cheapest way that is known of it:
 *   not at all   the program was seen to exhaust it (EAGAIN; a short read of a TCP socket, which is put aside for a
 * while) one poll(2)  for all others together, the multishot POLL of each staying armed armed anew   of the few that
 * cannot be seen to be exhausted (datagrams one by one, eventfds, pipes) by a one-shot POLL that is submitted with the
 * very wait: the kernel looks as it arms. While one of them is found to hold each time, it is asked by poll(2) first,
 * and is not armed, so that nothing wakes the loop for it in vain Lock held, owner thread, all of it.
 */
#ifndef RB_LEVEL_H
#define RB_LEVEL_H

#include "reactor.h"

/* rb_level_remember - these events of POLL are being reported. */
void rb_level_remember(struct rb_reactor *r, struct rb_file *file, uint32_t events);

/* rb_level_sort - choose for each how it is looked at. Before the turn's reconcile. may_wait  false: everything has to
 * be asked now */
void rb_level_sort(struct rb_reactor *r, bool may_wait);

/* rb_level_ask - one poll(2), timeout 0, over what is to be asked and everything whose wake key is doubtful; what holds
 * becomes ready. */
void rb_level_ask(struct rb_reactor *r);

/* rb_level_limit - a sleep has to end in time for what was put aside. Returns whether there is any, and *limit. */
bool rb_level_limit(const struct rb_reactor *r, struct timespec *limit);

/* rb_level_overdue - that time has come. */
bool rb_level_overdue(const struct rb_reactor *r);

/* rb_level_unarmed - it is asked first, and armed only when that has found nothing: not now. */
bool rb_level_unarmed(const struct rb_file *file);

#endif
