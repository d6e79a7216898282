/* retired - rings whose loop has ended or lives elsewhere now, kept for the notifications that are still to come.
 *
 * Nothing else is in flight on such a ring. Only the thread that made it can ask it, so it is asked when that thread
 * next waits in some loop; where it never does, the memory stays pinned until the process ends. */
#ifndef RB_RETIRED_H
#define RB_RETIRED_H

#include "op.h"
#include "ring.h"

/* rb_retired_keep - take over a ring and its operations, all in RB_OP_NOTIFYING; the caller's are empty afterwards.
 *   hurry  somebody waits for it: see rb_retired_hurry
 * Owner thread. Returns false, and takes nothing, without memory. */
bool rb_retired_keep(struct rb_ring *ring, struct rb_ops *ops, bool hurry);

/* rb_retired_ask - take the notifications that have come, and let go of their memory: owners may run code of their own.
 * No lock held, any thread. */
void rb_retired_ask(void);

/* rb_retired_hurry - there are some in this process that somebody waits for: a loop should ask every few milliseconds,
 * for nothing wakes it. Any thread. */
bool rb_retired_hurry(void);

/* rb_retired_forked - in the child of a fork: what the kernel reads is the parent's memory. */
void rb_retired_forked(void);

#endif
