/* What carries a loop: how its ring begins and ends, and how the kernel's epoll takes over. */
#include "reactor.h"

#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "beacon.h"
#include "interest.h"
#include "libc/real.h"
#include "process.h"
#include "rawcall.h"
#include "self.h"
#include "send.h"
#include "show.h"
#include "stream.h"
#include "wake.h"
#include "zerocopy.h"

enum { CQ_ENTRIES = 4096 };

static void show_state(struct rb_reactor *r, enum rb_slot_state state) {
    atomic_store_explicit(&r->stats->tid, state == RB_SLOT_RING ? (int32_t)gettid() : 0, memory_order_relaxed);
    atomic_store_explicit(&r->stats->state, state, memory_order_relaxed);
}

/* Why it is on epoll: 1 + enum rb_fallback. */
static void show_cause(struct rb_reactor *r, unsigned cause) {
    atomic_store_explicit(&r->stats->cause, (uint16_t)cause, memory_order_relaxed);
}

/* Forget operations that died with their ring. What was in flight is asked for anew in the next turn. */
static void drop_operations(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    file->poll_op = NULL;
    file->fired = 0;
    atomic_store_explicit(&file->level, 0, memory_order_relaxed);
    stream->recv_op = NULL;
    stream->send_op = NULL;
    if (stream->recv == RB_RECV_ARMED)
        stream->recv = RB_RECV_WANTED;
    else if (stream->recv == RB_RECV_STOPPING)
        stream->recv = RB_RECV_READINESS;
    rb_stream_withdraw(r, file); /* its turn will not come any more */
    if (stream->send == RB_SEND_IN_FLIGHT) {
        /* How much of it left is known to nobody. An error is honest; a second send would double bytes. */
        stream->send = RB_SEND_FAILED;
        stream->send_error = EIO;
    }
    if (file->backlog && file->backlog->op) {
        /* Until the kernel's worker has ended the old ring, which nothing tells, a connection may wake that one. */
        file->backlog->op = NULL;
        file->backlog->wanted = false;
        rb_accept_company(file);
    }
    rb_reactor_dirty(r, file);
    rb_reactor_ready(r, file);
}

/* forked  in a child: what the kernel sends from is the parent's memory. */
static void drop_ring(struct rb_reactor *r, bool forked) {
    rb_zerocopy_abandon(r, forked);
    for (struct rb_file *file = r->claimed; file; file = file->claimed_next)
        drop_operations(r, file);
    if (r->pool)
        rb_pool_retire(r->pool);
    r->pool = NULL;
    r->sending = 0;
    rb_ring_close(&r->ring);
    rb_spin_end(&r->spin);
    rb_ops_dispose(&r->ops);
    r->orphans = NULL;
    r->wake_op = NULL;
    r->epfd_op = NULL;
    r->owner = NULL;
    r->state = RB_REACTOR_PENDING;
}

static bool calls_for_ring(const struct rb_reactor *r) {
    if (rb_process.readiness == RB_READINESS_RING || rb_process.streams == RB_STREAMS_AUTO || r->called || r->begun)
        return true;
    for (const struct rb_file *file = r->claimed; file; file = file->claimed_next)
        if (rb_interest_suits_bytes(file))
            return true;
    return false;
}

bool rb_reactor_rest(struct rb_reactor *r) {
    struct rb_file *file, *next;

    if (calls_for_ring(r))
        return false;
    for (file = r->claimed; file; file = next) {
        next = file->claimed_next;
        rb_interest_shared(r, file, RB_WHY_READINESS_ONLY);
    }
    if (r->claimed)
        return false; /* something of it only the ring can tell */
    r->state = RB_REACTOR_RESTING;
    r->why = "nothing in it has bytes that the ring would move";
    show_cause(r, 1 + RB_FALLBACK_READINESS_ONLY);
    show_state(r, RB_SLOT_RESTING);
    rb_stats_describe(rb_process_adapters(), &rb_process.config, NULL);
    rb_stats_fallback(RB_FALLBACK_READINESS_ONLY);
    return true;
}

void rb_reactor_start(struct rb_reactor *r) {
    const char *why;
    int error;

    if (!rb_process_can_ring(&why)) {
        rb_reactor_demote(r, RB_FALLBACK_NO_RING, why);
        return;
    }
    error = rb_ring_open(&r->ring, &rb_process.caps, RB_SQ_ENTRIES, CQ_ENTRIES);
    if (error < 0) {
        rb_reactor_demote(r, RB_FALLBACK_NO_RING, rb_process_refused("io_uring_setup", -error));
        return;
    }
    r->begun = true;
    r->owner = rb_self();
    r->tid = gettid();
    r->state = RB_REACTOR_RING;
    show_cause(r, 0);
    show_state(r, RB_SLOT_RING);
    rb_stats_describe(rb_process_adapters(), &rb_process.config, NULL);
    if (rb_process.streams != RB_STREAMS_OFF && rb_process.caps.have[RB_CAP_BUFFER_RING] &&
        rb_process.caps.have[RB_CAP_RECV_MULTISHOT] && rb_pool_new(&r->pool, &r->ring) < 0) {
        r->pool = NULL;
        rb_stats_fallback(RB_FALLBACK_NO_BUFFERS);
    }
    for (struct rb_file *file = r->claimed; file; file = file->claimed_next) {
        rb_show(r, file);
        rb_reactor_dirty(r, file);
    }
}

void rb_reactor_embed(struct rb_reactor *r, const char *why) {
    pthread_mutex_lock(&r->lock);
    rb_reactor_call_back(r);
    if (r->state == RB_REACTOR_PENDING || r->state == RB_REACTOR_RESTING || r->state == RB_REACTOR_RING)
        rb_reactor_demote(r, RB_FALLBACK_EMBEDDED, why);
    r->embedded = true;
    rb_beacon_update(r);
    pthread_mutex_unlock(&r->lock);
}

/* Take back whatever is with the kernel. Returns false when the ring is broken. */
static bool cancel_all(struct rb_reactor *r) {
    struct io_uring_sqe *sqe;
    struct rb_op *op;
    uint32_t place = 0;

    if (rb_process.caps.have[RB_CAP_CANCEL_ANY]) {
        sqe = rb_ring_sqe(&r->ring);
        if (!sqe)
            return false;
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
        sqe->user_data = 0;
    } else {
        while ((op = rb_op_next(&r->ops, &place))) {
            rb_reactor_cancel(r, op);
            /* Each of them completes twice, its cancel included: no more at once than there is room for. */
            if (rb_ring_unsubmitted(&r->ring) == RB_SQ_ENTRIES)
                rb_reactor_flush(r);
        }
    }
    rb_reactor_flush(r);
    return true;
}

void rb_reactor_quiesce(struct rb_reactor *r) {
    if (r->state != RB_REACTOR_RING || !rb_reactor_owned(r))
        return;
    for (struct rb_file *file = r->claimed; file; file = file->claimed_next) {
        if (file->stream.send == RB_SEND_WANTED)
            rb_send_reconcile(r, file);
        /* Before the kernel gets to accept for it: who waits may be somebody else's, and can be put back nowhere. */
        if (file->backlog && file->backlog->op)
            rb_reactor_cancel(r, file->backlog->op);
    }
    rb_reactor_flush(r);
    if (r->ops.in_flight == 0)
        return;
    if (!cancel_all(r))
        return;
    while (r->ops.in_flight > 0) {
        if (rb_ring_enter(&r->ring, 1, NULL, NULL) == RB_ENTER_BROKEN)
            return;
        rb_reactor_drain(r);
    }
}

void rb_reactor_give_up(struct rb_reactor *r) {
    uint64_t user_data;

    if (r->state != RB_REACTOR_RING)
        return;
    if (!r->ring.one_issuer)
        r->owner = rb_self(); /* any thread may ask this ring */
    if (rb_reactor_owned(r))
        rb_reactor_quiesce(r);
    else
        rb_reactor_drain(r); /* what its own thread has not seen; if that has ended, this is everything */
    while (r->ring.open && rb_ring_take_back(&r->ring, &user_data))
        rb_reactor_undo(r, user_data);
    drop_ring(r, false);
}

/* Hand one file to the kernel's epoll. Returns whether it still has something of ours to tell.
 * A single shot that has fired tells nothing until it is changed, not even an error; but whatever is added to epoll
 * tells of those. Such a one waits here for its change. */
static bool hand_over(struct rb_reactor *r, struct rb_file *file) {
    struct epoll_event event = {.events = file->want, .data = file->data};

    if (file->watched && file->disarmed) {
        file->left_out = true;
        r->left_out++;
    } else if (file->watched) {
        rb_real.epoll_ctl(r->epfd, EPOLL_CTL_ADD, file->fd, &event);
    }
    if (file->stream.recv == RB_RECV_WANTED)
        file->stream.recv = RB_RECV_READINESS;
    rb_file_set_aside(file, RB_WHY_LOOP_ON_EPOLL);
    rb_show_passed(r, file->fd, RB_WHY_LOOP_ON_EPOLL);
    return rb_stream_receives(file) || !rb_stream_output_rests(file) || rb_accept_pending(file);
}

void rb_reactor_demote(struct rb_reactor *r, enum rb_fallback cause, const char *why) {
    struct rb_file *file, *next;

    if (r->state == RB_REACTOR_EPOLL)
        return;
    rb_reactor_give_up(r);
    r->contended = false;
    atomic_store_explicit(&r->rester, NULL, memory_order_relaxed);
    r->state = RB_REACTOR_EPOLL;
    r->why = why;
    r->draining = r->left_out = 0;
    show_cause(r, 1 + cause);
    show_state(r, RB_SLOT_EPOLL);
    rb_stats_fallback(cause);
    for (file = r->claimed; file; file = next) {
        next = file->claimed_next;
        if (hand_over(r, file)) {
            r->draining++;
        } else if (!file->left_out) {
            rb_accept_drop(file);
            rb_reactor_forget(r, file);
        }
    }
}

void rb_reactor_forked(struct rb_reactor *r) {
    for (struct rb_file *file = r->claimed; file; file = file->claimed_next)
        rb_accept_forked(file);
    if (r->state == RB_REACTOR_RING)
        drop_ring(r, true);
    /* What a child received ahead would be missing for its parent: first it has to read by itself, here, too. */
    for (struct rb_file *file = r->claimed; file; file = file->claimed_next)
        if (file->stream.recv == RB_RECV_WANTED)
            file->stream.recv = RB_RECV_READINESS;
    rb_wake_close(r);
    rb_beacon_close(r);
    r->forked = true;
    r->stats = rb_stats_slot_take(r->epfd);
    if (r->state == RB_REACTOR_EPOLL)
        show_state(r, RB_SLOT_EPOLL);
    for (struct rb_file *file = r->claimed; file; file = file->claimed_next)
        rb_show(r, file);
    if (r->state == RB_REACTOR_RESTING)
        show_state(r, RB_SLOT_RESTING);
}
