/* send - one write in flight per stream: SEND or SENDMSG, and every part that the kernel takes is a result.
 *
 * Two in flight would overtake each other after a short one. What the kernel reads belongs to the operation, not to the
 * stream, so that a closed stream's buffers live until the last completion.
 */
#ifndef RB_SEND_H
#define RB_SEND_H

#include <sys/socket.h>

#include "reactor.h"

enum { RB_SEND_BUFFERS = 64, RB_SEND_COPY = 1024 };

/* Everything one send needs until its last completion. */
struct rb_send {
    struct rb_send *next;
    void (*unpin)(void *pin); /* called without a lock when the kernel is done; NULL: the library knows by the write */
    void *pin;
    int count;
    /* Without a copy: see zerocopy.h. */
    struct rb_pins *pins;   /* NULL: an ordinary send */
    struct rb_route *route; /* is told whether the kernel copied after all */
    size_t bytes, taken;    /* all of them; the result */
    bool pinned;            /* the kernel reads the memory */
    bool asks;              /* it is the one that finds out for its route */
    bool queued;            /* in the stream's queue of results that cannot be told yet */
    bool unheard;           /* the ring that would have notified is gone */
    struct rb_send *behind; /* in that queue */
    struct msghdr message;
    struct iovec buffer[RB_SEND_BUFFERS];
    char copy[RB_SEND_COPY]; /* bytes that are sooner copied than pinned */
};

/* rb_send_new - an empty record; NULL without memory. Lock held. */
struct rb_send *rb_send_new(struct rb_reactor *r);

/* rb_send_copy - send these bytes, RB_SEND_COPY at most, from the record's own copy. */
void rb_send_copy(struct rb_send *send, const struct iovec *iov, int count);

/* rb_send_dispose - back to the free records; its pin is let go of at the next rb_reactor_release_pins(). Lock held. */
void rb_send_dispose(struct rb_reactor *r, struct rb_send *send);

/* rb_send_reconcile - a stream in RB_SEND_WANTED gathers its buffers and sends. Lock held, owner thread. */
void rb_send_reconcile(struct rb_reactor *r, struct rb_file *file);

/* rb_send_complete - a completion. Lock held, owner thread. */
void rb_send_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags);

#endif
