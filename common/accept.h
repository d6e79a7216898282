/* accept - multishot ACCEPT: connections wait in a backlog of ours until the program asks for them. */
#ifndef RB_ACCEPT_H
#define RB_ACCEPT_H

#include <sys/socket.h>

#include "reactor.h"

/* The kernel wakes only one of those who wait in an accept, wherever they are and whatever they do then; but everybody
 * who polls. So the ring accepts only where nobody else can be waiting: for a listener that this process has made, and
 * given to no other.
 * rb_accept_alone - so it is.
 * rb_accept_company - so it is no more. */
bool rb_accept_alone(const struct rb_file *file);
void rb_accept_company(struct rb_file *file);

/* rb_accept_candidate - a listener that may move to the ring after the program's first accept. */
bool rb_accept_candidate(const struct rb_file *file);

/* rb_accept_carries - the ring accepts for this listener, so POLL need not watch it. */
bool rb_accept_carries(const struct rb_file *file);

/* rb_accept_pending - connections, or an error, wait to be told. */
bool rb_accept_pending(const struct rb_file *file);

/* rb_accept_adopt - the program has accepted a connection with these flags: let the ring accept the next ones.
 * Lock held, owner thread. */
void rb_accept_adopt(struct rb_reactor *r, struct rb_file *file, int flags);

void rb_accept_reconcile(struct rb_reactor *r, struct rb_file *file);
void rb_accept_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags);

/* rb_accept_take - the next connection. Returns its descriptor, -errno as accept4(2) would, or -EXDEV: ask the kernel.
 * Lock held. */
int rb_accept_take(struct rb_reactor *r, struct rb_file *file, struct sockaddr *address, socklen_t *length, int flags);

/* rb_accept_release - the ring accepts no more for this listener; what it has accepted can still be taken. Lock held;
 * complete in the owner thread, in any other the owner sees to it. */
void rb_accept_release(struct rb_reactor *r, struct rb_file *file);

/* rb_accept_drop - close what nobody asked for: the listener is closed. Lock held. */
void rb_accept_drop(struct rb_file *file);

/* rb_accept_forked - in the child: close its copies of what the parent goes on to hand out. Lock held. */
void rb_accept_forked(struct rb_file *file);

#endif
