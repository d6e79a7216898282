#include "poll.h"

#include <errno.h>
#include <poll.h>

#include "accept.h"
#include "interest.h"
#include "level.h"
#include "process.h"
#include "stream.h"

enum { ALWAYS = EPOLLERR | EPOLLHUP, POLLABLE = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLRDNORM | EPOLLWRNORM };

/* Will the end of an operation on this descriptor tell of an error or a hangup? While nobody wants to read there may be
 * none; and behind an end of file that was received and not read yet there is none any more. */
static bool operation_tells_errors(const struct rb_file *file) {
    const struct rb_stream *stream = &file->stream;

    if (stream->recv == RB_RECV_ENDED)
        return stream->recv_error != 0;
    /* Of a stream that the ring has let go of only what arrived before is left. */
    if (file->want & EPOLLIN)
        return file->kind != RB_KIND_OTHER && !(file->kind == RB_KIND_STREAM && stream->recv == RB_RECV_READINESS);
    return stream->recv_op || (file->backlog && file->backlog->op);
}

/* What POLL has to watch: the interest, less what completions of other operations tell. 0: nothing. */
static uint32_t needed(const struct rb_file *file) {
    uint32_t mask = file->want & POLLABLE;
    bool other = false;

    if (file->disarmed || !file->watched)
        return 0;
    if (rb_stream_receives(file) || rb_accept_carries(file)) {
        mask &= ~(uint32_t)(EPOLLIN | EPOLLRDNORM);
        other = operation_tells_errors(file);
    }
    if (rb_stream_sends(file) && !file->stream.blocked)
        mask &= ~(uint32_t)(EPOLLOUT | EPOLLWRNORM);
    /* A receive or an accept in flight tells of errors too; otherwise POLL must, even with no interest at all. */
    if (mask == 0 && other)
        return 0;
    return mask | ALWAYS;
}

/* One event is all that is wanted of a descriptor whose bytes are about to move to the ring: it needs no cancel then.
 */
static bool multishot(const struct rb_file *file) {
    if (!rb_process.caps.have[RB_CAP_POLL_MULTISHOT] || (file->want & EPOLLONESHOT) ||
        file->level_way != RB_LEVEL_MULTISHOT)
        return false;
    if (!(file->want & EPOLLIN))
        return true; /* nothing is about to be read */
    return !rb_stream_candidate(file) && !rb_accept_candidate(file);
}

/* Nobody waits to bind the port of a connection, and these come and go; nor is the tie worth its price for every shot.
 */
static bool may_hold_a_port(const struct rb_file *file) {
    return file->level_way == RB_LEVEL_MULTISHOT && file->kind != RB_KIND_STREAM &&
           !(file->hint && file->hint->stream) && !(file->want & EPOLLONESHOT);
}

static void arm(struct rb_reactor *r, struct rb_file *file, uint32_t mask) {
    struct rb_op *op;
    struct io_uring_sqe *sqe = rb_reactor_submit(r, RB_OP_POLL, file, &op);

    if (!sqe)
        return;
    file->poll_multishot = multishot(file);
    if (file->poll_multishot)
        io_uring_prep_poll_multishot(sqe, file->fd, mask);
    else
        io_uring_prep_poll_add(sqe, file->fd, mask);
    sqe->user_data = rb_op_user_data(op);
    if (may_hold_a_port(file))
        rb_ring_tie(&r->ring, sqe);
    file->poll_op = op;
    file->poll_mask = mask;
    /* The kernel looks as it arms: what it finds is newer than all that the program has read. */
    atomic_store_explicit(&file->used_turn, atomic_load_explicit(&r->turn, memory_order_relaxed) - 1,
                          memory_order_relaxed);
    rb_count(r->stats, RB_COUNTER_POLLS, 1);
}

/* An operation that is armed tells of changes only. What it now has to watch for in addition may hold already. */
static void look_at_the_level(struct rb_reactor *r, struct rb_file *file, uint32_t newly) {
    if (newly == 0)
        return;
    atomic_fetch_or_explicit(&file->level, newly, memory_order_relaxed);
    rb_reactor_recheck(r, file);
}

void rb_poll_reconcile(struct rb_reactor *r, struct rb_file *file) {
    uint32_t mask = needed(file), newly = mask & ~file->poll_needed;

    file->poll_needed = mask;
    if (mask == 0) {
        /* What the ring receives is told by the receive; a poll that stays would wake the loop for each piece again.
         * Any other wakes it once more at most, and its result is filtered. */
        if (file->poll_op && file->poll_multishot && (file->poll_mask & EPOLLIN) && rb_stream_receives(file))
            rb_reactor_orphan(r, &file->poll_op);
        return;
    }
    /* A wider mask is kept: taking it back costs more than the rare wake-up it may cause. */
    if (file->poll_op && (mask & ~file->poll_mask) == 0) {
        look_at_the_level(r, file, newly);
        return;
    }
    rb_reactor_orphan(r, &file->poll_op);
    if (newly == 0 && rb_level_unarmed(file))
        return;
    arm(r, file, mask);
}

void rb_poll_restart(struct rb_reactor *r, struct rb_file *file) {
    rb_reactor_orphan(r, &file->poll_op);
    file->fired = 0;
    file->in_recheck = false;
    atomic_store_explicit(&file->level, 0, memory_order_relaxed);
    rb_reactor_dirty(r, file);
}

/* Whether a completion needs a second look before the program hears of it. */
static bool is_doubtful(const struct rb_reactor *r, const struct rb_file *file, uint32_t result) {
    bool used;

    /* The wake key says too little here: what holds now has to be asked. */
    if ((file->want & (EPOLLET | EPOLLONESHOT)) || (result & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)))
        return true;
    if ((file->want & EPOLLIN) && (file->want & EPOLLOUT))
        return true;
    used = atomic_load_explicit(&file->used_turn, memory_order_relaxed) ==
           atomic_load_explicit(&r->turn, memory_order_relaxed);
    switch (r->phase) {
    case RB_PHASE_CALLBACKS: /* the program may still consume what it announces */
        return true;
    case RB_PHASE_BEFORE_WAIT: /* it may have done so already */
    case RB_PHASE_AFTER_WAIT:  /* what woke up before the wait completes in it, too */
        return used && !atomic_load_explicit(&file->exhausted, memory_order_relaxed);
    }
    return true;
}

/* POLL always tells of RDHUP, even when nobody asked for it. A one-shot poll armed anew would tell again at once,
 * without end: so epoll watches this descriptor. A stream of ours can do without: its library may write, and the send
 * waits. */
static void unasked(struct rb_reactor *r, struct rb_file *file) {
    if (atomic_load_explicit(&file->carried, memory_order_relaxed)) {
        file->stream.blocked = false;
        rb_reactor_ready(r, file);
    } else {
        rb_interest_shared(r, file, RB_WHY_ENDED);
    }
}

/* The kernel will not watch it, or no more. Epoll shall, in whose hands it is safe; what the ring has bytes of cannot
 * go there and is asked for again in the next turn. */
static void refused(struct rb_reactor *r, struct rb_file *file, int error) {
    if (error == ECANCELED) /* the thread that armed it is gone: likewise */
        return;
    if (atomic_load_explicit(&file->carried, memory_order_relaxed))
        return;
    error = -rb_interest_shared(r, file, RB_WHY_REFUSED);
    /* The descriptor is no longer what it was; epoll drops such a one in silence. */
    if (error == EBADF || error == EPERM)
        rb_reactor_forget(r, file);
}

void rb_poll_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags) {
    struct rb_file *file = op->file;

    if (!(flags & IORING_CQE_F_MORE)) {
        if (file) {
            file->poll_op = NULL;
            rb_reactor_dirty(r, file);
        }
        rb_op_free(&r->ops, op);
    }
    if (!file)
        return;
    if (result < 0) {
        refused(r, file, -result);
        return;
    }
    if (file->disarmed || !file->watched)
        return;
    if (!file->poll_op && !((uint32_t)result & file->poll_mask)) {
        unasked(r, file);
        return;
    }
    file->fired |= (uint32_t)result;
    file->ending |= ((uint32_t)result & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
    atomic_store_explicit(&file->drained, false, memory_order_relaxed);
    if (is_doubtful(r, file, (uint32_t)result))
        rb_reactor_recheck(r, file);
    else
        rb_reactor_ready(r, file);
}
