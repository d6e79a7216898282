/* backend - what a backend may tell the core, and ask of it. The only header of the core that backends include besides
 * libc/hooks.h. */
#ifndef RB_BACKEND_H
#define RB_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "hint.h"

struct rb_chunk;

/* rb_backend_active - Ringback is on in this process. */
bool rb_backend_active(void);

/* rb_backend_missing - a function of the library could not be found: says so by name and ends the process, for going on
 * would call nothing. */
_Noreturn void rb_backend_missing(const char *name);

/* rb_backend_hint - the library uses this descriptor thus; a NULL hint takes it back, and with it the result of a write
 * that nobody asks for any more.
 *   owner  handed to the hint's functions; must stay valid until the hint is taken back or the descriptor is closed. */
void rb_backend_hint(int fd, const struct rb_hint *hint, void *owner);

/* rb_backend_hint_owner - the owner last given with this very hint, or NULL. */
void *rb_backend_hint_owner(int fd, const struct rb_hint *hint);

/* rb_backend_hinted - some hint stands for it. */
bool rb_backend_hinted(int fd);

/* rb_backend_embedded - the loop's descriptor has been given out to be watched by others: epoll carries the loop. */
void rb_backend_embedded(int epfd);

/* rb_backend_settle - the descriptor is about to be closed: send what can be sent at once, take the rest back.
 * Returns the bytes that the kernel has taken and nobody was told of yet. Owner thread of its loop. */
size_t rb_backend_settle(int fd);

/* rb_backend_stop - the library is about to take writes back: as rb_backend_settle, but it can go on afterwards, and is
 * told of what was taken as always.
 *   held  whether the kernel holds on to memory of what it has taken. */
size_t rb_backend_stop(int fd, bool *held);

/* rb_backend_more - the library queued another write behind one that it was not told the end of. Owner thread of the
 * descriptor's loop. */
void rb_backend_more(int fd);

/* rb_backend_when_released - the descriptor is about to be closed: call released(arg), from within the loop's wait and
 * without a lock, when the kernel has let go of all memory that was sent from without a copy. Returns false, and will
 * not call, where it has none. Owner thread of its loop. */
bool rb_backend_when_released(int fd, void (*released)(void *arg), void *arg);

/* rb_backend_ran - a loop's run function returns to the program. What was written is with the kernel then, as it would
 * be on epoll; and where there are other threads, one of which may run the loop next, no write is left in flight. */
void rb_backend_ran(void);

/* Received bytes lent out without a copy. */
struct rb_loan {
    struct rb_chunk *chunk; /* valid until consumed; hold it to keep the bytes for longer */
    char *bytes;
    size_t length;
    bool scarce; /* buffers are few: copy and give back */
    bool more;   /* more bytes wait behind these */
};

/* rb_backend_borrow - the first received bytes of a stream, at most max. They stay in the inbox until consumed.
 * Returns their number, 0 at EOF, -EAGAIN, -errno; -EXDEV: not on the ring, read from the kernel. */
ssize_t rb_backend_borrow(int fd, size_t max, struct rb_loan *loan);

/* rb_backend_consume - the first n bytes of the inbox have been taken. */
void rb_backend_consume(int fd, size_t n);

/* rb_backend_hold - keep the bytes of a loan until rb_backend_return. */
void rb_backend_hold(struct rb_chunk *chunk);

/* rb_backend_return - let go of a loan that was held. Any thread, any time. */
void rb_backend_return(struct rb_chunk *chunk);

/* rb_backend_result - how the last write went, if writes of this descriptor leave by the ring.
 *   limit  tell of so many bytes at most.
 * Returns bytes, 0 when there is none in flight (queue one), -EAGAIN while there is, -errno; -EXDEV: not by the ring,
 * write directly. Owner thread of its loop. */
ssize_t rb_backend_result(int fd, size_t limit);

/* rb_backend_crowded - as of struct rb_gathered, for a write that the library makes itself. Owner thread of its loop.
 */
bool rb_backend_crowded(int fd);

/* Up to so many bytes a copy is cheaper than to pin them. */
enum { RB_BACKEND_SEND_BUFFERS = 64, RB_BACKEND_SEND_COPY = 1024 };

/* rb_backend_send - queue a write of pinned buffers; its result is told by rb_backend_result, after the descriptor was
 * reported writable.
 *   count  1 .. RB_BACKEND_SEND_BUFFERS; the array is copied, the bytes are not.
 *   unpin  called with pin, without a lock, when the kernel is done with the bytes; only after success. NULL: the
 * bytes, RB_BACKEND_SEND_COPY at most, are copied. Returns 0, or -errno: nothing was queued. */
int rb_backend_send(int fd, const struct iovec *iov, int count, void (*unpin)(void *pin), void *pin);

#endif
