/* poll - readiness of any descriptor, by POLL_ADD.
 *
 * Multishot poll is edge-triggered and its result is the wake key, not the state. Level triggering is made of it by
 * re-checking what was reported last turn (level.h).
 */
#ifndef RB_POLL_H
#define RB_POLL_H

#include "reactor.h"

/* rb_poll_reconcile - arm, widen or leave alone, by the file's interest. Lock held, owner thread. */
void rb_poll_reconcile(struct rb_reactor *r, struct rb_file *file);

/* rb_poll_restart - look at the level again: the interest was set anew by EPOLL_CTL_MOD. Lock held, any thread. */
void rb_poll_restart(struct rb_reactor *r, struct rb_file *file);

/* rb_poll_complete - a completion. Lock held, owner thread. */
void rb_poll_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags);

#endif
