/* recv - one multishot RECV per stream, into the loop's buffers. */
#ifndef RB_RECV_H
#define RB_RECV_H

#include "reactor.h"

/* rb_recv_reconcile - arm or stop, by the stream's state and interest. Lock held, owner thread. */
void rb_recv_reconcile(struct rb_reactor *r, struct rb_file *file);

/* rb_recv_complete - a completion: bytes, EOF, an error, or the end of the operation. Lock held, owner thread. */
void rb_recv_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags);

#endif
