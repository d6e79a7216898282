/* ring - one io_uring: set-up, the submission queue, the one call of a turn, the completion queue.
 *
 * This file and caps are the only ones that call io_uring. A ring belongs to the thread that opened it: with
 * SINGLE_ISSUER the kernel answers any other thread with EEXIST.
 */
#ifndef RB_RING_H
#define RB_RING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <liburing.h>

#include "caps.h"

/* Receive buffers of a ring are registered as this group. */
enum { RB_BUFFER_GROUP = 1 };

/* What a call to the kernel came to; everything else is no longer this ring's business. */
enum rb_enter {
    RB_ENTER_OK,          /* submitted; enough completions, or none were asked for */
    RB_ENTER_TIMEOUT,     /* the timeout passed first */
    RB_ENTER_INTERRUPTED, /* a signal handler ran */
    RB_ENTER_BUSY,        /* the kernel wants completions taken, or memory: take them and call again */
    RB_ENTER_BROKEN       /* the ring can no longer be entered: see rb_ring.error */
};

struct rb_ring {
    struct io_uring uring;
    bool open;
    bool sees_taskrun; /* the kernel sets IORING_SQ_TASKRUN when completions wait to be run */
    bool can_tie;      /* see rb_ring_tie */
    bool one_issuer;   /* the kernel lets no other thread in */
    unsigned enter_flags;
    int error;                  /* why RB_ENTER_BROKEN, an errno */
    uint64_t enters, submitted; /* counts for the loop's statistics */
};

/* rb_ring_open - make a ring in the calling thread, which becomes its owner.
 *   sq_entries, cq_entries  powers of two.
 * Returns 0 or -errno (io_uring_setup(2)); the descriptor is close-on-exec and has a high number. */
int rb_ring_open(struct rb_ring *ring, const struct rb_caps *caps, unsigned sq_entries, unsigned cq_entries);

/* rb_ring_close - let go of the ring; the kernel cancels what is in flight. In any thread, also in a forked child. */
void rb_ring_close(struct rb_ring *ring);

/* rb_ring_note_end - a ring of this process has just been closed. Any thread. */
void rb_ring_note_end(void);

/* rb_ring_ended_lately - so lately that the kernel may still have to interrupt the threads that used it, which it does
 * when it is through with it. Any thread. */
bool rb_ring_ended_lately(void);

/* rb_ring_sqe - a cleared submission entry; submits what is queued when the queue is full. Owner thread.
 * NULL only when the ring is broken. */
struct io_uring_sqe *rb_ring_sqe(struct rb_ring *ring);

/* rb_ring_tie - let the operation end while the process dies, whatever kills it, and not a while after its parent was
 * told: a port is free at once. For an entry that is complete, the last one taken; costs a second entry. Owner thread.
 */
void rb_ring_tie(struct rb_ring *ring, struct io_uring_sqe *sqe);

/* rb_ring_unsubmitted - entries queued since the last enter. */
unsigned rb_ring_unsubmitted(const struct rb_ring *ring);

/* rb_ring_take_back - remove the last entry that the kernel has not taken, when it takes no more. Returns whether there
 * was one. */
bool rb_ring_take_back(struct rb_ring *ring, uint64_t *user_data);

/* rb_ring_has_news - completions are there, or wait in the kernel to be run. No system call. True when it cannot tell
 * (no TASKRUN_FLAG). */
bool rb_ring_has_news(const struct rb_ring *ring);

/* rb_ring_enter - the one system call of a turn: submit everything queued, run completions, wait for wait_for of them.
 *   wait_for  0 returns at once.
 *   timeout   relative; NULL waits without end.
 *   mask      signal mask while waiting, or NULL. */
enum rb_enter rb_ring_enter(struct rb_ring *ring, unsigned wait_for, const struct timespec *timeout,
                            const sigset_t *mask);

/* rb_ring_peek - copy out up to max completions and release their places in the queue. Returns how many. */
unsigned rb_ring_peek(struct rb_ring *ring, struct io_uring_cqe *out, unsigned max);

#endif
