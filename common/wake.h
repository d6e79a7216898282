/* wake - what ends a wait from outside the ring's own descriptors: other threads, and the kernel's epoll with the
 * descriptors that were passed through to it. Lock held. */
#ifndef RB_WAKE_H
#define RB_WAKE_H

#include "reactor.h"

/* rb_wake - end the owner's wait, soon: something was changed by another thread. Any thread. */
void rb_wake(struct rb_reactor *r);

/* rb_wake_reconcile - be wakeable, once the process has more than one thread. Owner thread. */
void rb_wake_reconcile(struct rb_reactor *r);
void rb_wake_complete(struct rb_reactor *r, struct rb_op *op, unsigned flags);
void rb_wake_close(struct rb_reactor *r);

/* rb_epfd_reconcile - watch the kernel's epoll, once it has something to watch. Owner thread. */
void rb_epfd_reconcile(struct rb_reactor *r);
void rb_epfd_complete(struct rb_reactor *r, struct rb_op *op, unsigned flags);

#endif
