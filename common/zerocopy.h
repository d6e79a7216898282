/* zerocopy - which sends leave without a copy, and whose memory the kernel still reads.
 *
 * A zero-copy send (SEND_ZC, SENDMSG_ZC) completes twice: with its result, when the bytes are in the socket, and with a
 * notification, when the kernel has let go of the memory that they lie in. Bytes that are pinned by reference are told
 * to the library with the result, and unpinned by the notification. Buffers that are the program's again as soon as it
 * is told (uv_write's) are told of after the notification, in the order in which they were written; what is written
 * behind them leaves meanwhile. Nothing ever waits for a notification: neither close nor fork nor the end of a loop.
 *
 * All functions: the loop's lock held, owner thread, unless they say otherwise.
 */
#ifndef RB_ZEROCOPY_H
#define RB_ZEROCOPY_H

#include "reactor.h"
#include "send.h"

/* The sends of one stream that the kernel has not let go of. Outlives the stream. */
struct rb_pins {
    struct rb_file *file; /* NULL: closed */
    unsigned count;       /* notifications to come */
    size_t bytes;         /* their memory */
    size_t untold;        /* bytes in the queue: taken by the kernel, not to be told before its turn */
    struct rb_send *first, *last;
    void (*released)(void *arg); /* called once, without a lock, when count gets to 0; or NULL */
    void *arg;
};

/* rb_zerocopy_begin - shall this send leave without a copy? Then it is counted as pinned from now on. Where it could
 * have but shall not, counts why. */
bool rb_zerocopy_begin(struct rb_reactor *r, struct rb_file *file, struct rb_send *send);

/* rb_zerocopy_likely - would a send of so many bytes leave without a copy, or at least try? */
bool rb_zerocopy_likely(const struct rb_reactor *r, const struct rb_file *file, size_t bytes);

/* rb_zerocopy_refused - the kernel would not do it that way: not on this socket, or not with this much memory locked.
 */
void rb_zerocopy_refused(struct rb_reactor *r, struct rb_file *file, int error);

/* rb_zerocopy_taken - send->taken bytes are in the socket. Returns whether the library may be told at once; if not, it
 * will be when the kernel has let go of these and of all that were written before.
 *   pinned  a notification is still to come */
bool rb_zerocopy_taken(struct rb_file *file, struct rb_send *send, bool pinned);

/* rb_zerocopy_let_go - the kernel no longer reads the send's memory. May dispose of it. */
void rb_zerocopy_let_go(struct rb_reactor *r, struct rb_send *send);

/* rb_zerocopy_notified - the same, with what the notification says of how it went. */
void rb_zerocopy_notified(struct rb_reactor *r, struct rb_send *send, int result);

/* rb_zerocopy_untold - bytes that were taken and cannot be told of yet. Any thread. */
size_t rb_zerocopy_untold(const struct rb_file *file);

/* rb_zerocopy_holds_back - something was written that cannot be told of yet. Any thread. */
bool rb_zerocopy_holds_back(const struct rb_file *file);

/* rb_zerocopy_forget - nobody will ask how these writes went. */
void rb_zerocopy_forget(struct rb_reactor *r, struct rb_file *file);

/* rb_zerocopy_drop - the socket is closed; the memory stays pinned. */
void rb_zerocopy_drop(struct rb_reactor *r, struct rb_file *file);

/* rb_zerocopy_when_released - call released(arg), in the loop's thread and without a lock, when the kernel has let go
 * of everything this descriptor sent. Returns false, and will not call, if it has already. */
bool rb_zerocopy_when_released(struct rb_file *file, void (*released)(void *arg), void *arg);

/* rb_zerocopy_abandon - the loop is about to lose its ring. Where notifications are to come that somebody needs, the
 * ring is kept for them (see retired.h) and the loop's is closed afterwards. forked  in a child of fork(2): the memory
 * is not the one that the kernel reads */
void rb_zerocopy_abandon(struct rb_reactor *r, bool forked);

/* rb_zerocopy_finish - the kernel no longer reads the memory of a send that belongs to no loop. No lock held. */
void rb_zerocopy_finish(struct rb_send *send);

/* rb_zerocopy_ask - look for streams without a notification whether their peer has confirmed all bytes, which says as
 * much. Returns whether some are left, to be asked again soon. */
bool rb_zerocopy_ask(struct rb_reactor *r);

/* rb_zerocopy_move - the file changes its loop; nothing of it but notifications is still to come. Both locks held. */
void rb_zerocopy_move(struct rb_reactor *from, struct rb_reactor *to, struct rb_file *file);

#endif
