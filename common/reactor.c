#include "reactor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "accept.h"
#include "interest.h"
#include "level.h"
#include "libc/real.h"
#include "poll.h"
#include "process.h"
#include "recv.h"
#include "report.h"
#include "retired.h"
#include "self.h"
#include "send.h"
#include "stream.h"
#include "wake.h"
#include "zerocopy.h"

enum { DRAIN_STEP = 64, MOVES_MOST = 8, ASK_EACH_MS = 5, FEW_RECHECKS = 2, PUT_OFF_MOST = 4 };

/* ---- submission ---- */

bool rb_reactor_owned(const struct rb_reactor *r) {
    return atomic_load_explicit(&r->owner, memory_order_relaxed) == rb_self();
}

struct io_uring_sqe *rb_reactor_submit(struct rb_reactor *r, enum rb_op_kind kind, struct rb_file *file,
                                       struct rb_op **op) {
    struct io_uring_sqe *sqe;

    *op = rb_op_new(&r->ops, kind, file);
    if (!*op) {
        rb_reactor_fail(r, "malloc", ENOMEM); /* what is not armed now, nobody would ever arm */
        return NULL;
    }
    sqe = rb_ring_sqe(&r->ring);
    if (!sqe) {
        rb_op_free(&r->ops, *op);
        *op = NULL;
    }
    return sqe;
}

void rb_reactor_fail(struct rb_reactor *r, const char *call, int error) {
    if (r->failed_call)
        return;
    r->failed_call = call;
    r->failed_error = error;
}

static void queue_cancel(struct rb_reactor *r, struct rb_op *op) {
    struct io_uring_sqe *sqe = rb_ring_sqe(&r->ring);

    if (!sqe)
        return;
    io_uring_prep_cancel64(sqe, rb_op_user_data(op), 0);
    sqe->user_data = 0; /* whether it found its target is told by the target's own completion */
    rb_count(r->stats, RB_COUNTER_CANCELS, 1);
}

void rb_reactor_cancel(struct rb_reactor *r, struct rb_op *op) {
    if (op->state != RB_OP_ARMED)
        return;
    op->state = RB_OP_CANCELLING;
    if (rb_reactor_owned(r)) {
        queue_cancel(r, op);
        return;
    }
    op->listed = true;
    op->next = r->orphans;
    r->orphans = op;
    rb_wake(r);
}

/* What other threads could only ask for. */
static void cancel_listed(struct rb_reactor *r) {
    struct rb_op *op;

    while ((op = r->orphans)) {
        r->orphans = op->next;
        if (rb_op_unlist(&r->ops, op))
            queue_cancel(r, op);
    }
}

/* ---- completions ---- */

static void dispatch(struct rb_reactor *r, const struct io_uring_cqe *cqe) {
    struct rb_op *op = rb_op_find(&r->ops, cqe->user_data);

    if (!op)
        return; /* a cancel's own answer */
    switch (op->kind) {
    case RB_OP_POLL:
        rb_poll_complete(r, op, cqe->res, cqe->flags);
        break;
    case RB_OP_RECV:
        rb_recv_complete(r, op, cqe->res, cqe->flags);
        break;
    case RB_OP_SEND:
        rb_send_complete(r, op, cqe->res, cqe->flags);
        break;
    case RB_OP_ACCEPT:
        rb_accept_complete(r, op, cqe->res, cqe->flags);
        break;
    case RB_OP_WAKE:
        rb_wake_complete(r, op, cqe->flags);
        break;
    case RB_OP_EPFD:
        rb_epfd_complete(r, op, cqe->flags);
        break;
    }
}

/* Copy completions out, release their places, advance the operations. No code of the program runs in here. */
unsigned rb_reactor_drain(struct rb_reactor *r) {
    struct io_uring_cqe cqe[DRAIN_STEP];
    unsigned n, total = 0;

    while ((n = rb_ring_peek(&r->ring, cqe, DRAIN_STEP)) > 0) {
        for (unsigned i = 0; i < n; i++)
            dispatch(r, &cqe[i]);
        total += n;
    }
    rb_count(r->stats, RB_COUNTER_CQES, total);
    return total;
}

void rb_reactor_undo(struct rb_reactor *r, uint64_t user_data) {
    const struct io_uring_cqe cqe = {.user_data = user_data, .res = -ECANCELED};

    dispatch(r, &cqe);
}

void rb_reactor_flush(struct rb_reactor *r) {
    if (!r->ring.open)
        return;
    cancel_listed(r);
    /* A broken ring shows again at the next wait, which hands the loop to epoll. */
    rb_ring_enter(&r->ring, 0, NULL, NULL);
    rb_reactor_drain(r);
}

void rb_reactor_take_news(struct rb_reactor *r) {
    if (r->ring.open && rb_reactor_owned(r) && rb_ring_has_news(&r->ring))
        rb_reactor_flush(r);
}

void rb_reactor_settle(struct rb_reactor *r, struct rb_op *op) {
    uint64_t user_data;

    if (!op || !r->ring.open)
        return;
    user_data = rb_op_user_data(op);
    rb_reactor_flush(r);
    while (rb_op_awaited(&r->ops, user_data)) {
        if (rb_ring_enter(&r->ring, 1, NULL, NULL) == RB_ENTER_BROKEN)
            return;
        rb_reactor_drain(r);
    }
}

/* ---- the turn ---- */

static void reconcile_file(struct rb_reactor *r, struct rb_file *file) {
    if (rb_interest_reconcile(r, file))
        return;
    rb_recv_reconcile(r, file);
    rb_send_reconcile(r, file);
    rb_accept_reconcile(r, file);
    rb_poll_reconcile(r, file);
    /* Taken out of the loop, and nothing of it is left on the ring. */
    if (!file->watched && !file->stream.recv_op && rb_stream_output_rests(file) && file->stream.waiting == 0 &&
        !rb_stream_owes_an_error(file) && !(file->backlog && (file->backlog->op || file->backlog->count > 0)))
        rb_reactor_forget(r, file);
}

/* Everything that changed since the last turn becomes submission entries. */
static void reconcile(struct rb_reactor *r) {
    struct rb_file *file;

    cancel_listed(r);
    if (r->pool)
        rb_pool_refill(r->pool);
    while ((file = r->dirty)) {
        r->dirty = file->dirty_next;
        file->in_dirty = false;
        if (atomic_load_explicit(&file->reactor, memory_order_relaxed) == r)
            reconcile_file(r, file);
    }
    rb_wake_reconcile(r);
    rb_epfd_reconcile(r);
}

void rb_reactor_send_now(struct rb_reactor *r) {
    if (r->state != RB_REACTOR_RING)
        return;
    for (struct rb_file *file = r->dirty; file; file = file->dirty_next)
        rb_send_reconcile(r, file);
    if (rb_ring_unsubmitted(&r->ring) > 0)
        rb_reactor_flush(r);
}

void rb_reactor_settle_sends(struct rb_reactor *r) {
    if (r->state != RB_REACTOR_RING || r->sending == 0)
        return;
    for (struct rb_file *file = r->claimed; file && r->sending > 0; file = file->claimed_next)
        rb_stream_settle_send(r, file);
}

static bool something_may_be_ready(const struct rb_reactor *r) {
    return r->ready_first || r->rechecks > 0 || r->epfd_ready;
}

/* Of one or two descriptors that stay readable, a datagram socket that is read one by one, the wake-ups say nothing
 * new: taking them each turn would cost a system call. Others wait for a few such turns at most. */
static bool may_put_off_news(const struct rb_reactor *r) {
    return r->rechecks > 0 && r->rechecks <= FEW_RECHECKS && !r->ready_first && r->put_off < PUT_OFF_MOST &&
           rb_ring_unsubmitted(&r->ring) == 0;
}

/* Take what is there without waiting, and report it. */
static int report_now(struct rb_reactor *r, struct epoll_event *events, int max) {
    int n;

    r->phase = RB_PHASE_BEFORE_WAIT;
    if (may_put_off_news(r)) {
        rb_level_ask(r);
        n = rb_report(r, events, max);
        r->put_off++;
        if (n > 0)
            return n;
    }
    r->put_off = 0;
    if (rb_ring_unsubmitted(&r->ring) > 0 || rb_ring_has_news(&r->ring)) {
        if (rb_ring_enter(&r->ring, 0, NULL, NULL) == RB_ENTER_BROKEN)
            return -EBADF;
        rb_reactor_drain(r);
    }
    rb_level_ask(r);
    return rb_report(r, events, max);
}

static enum rb_enter wait_in_kernel(struct rb_reactor *r, const struct timespec *limit, const sigset_t *mask) {
    enum rb_enter entered;
    int type = 0;
    bool threads = !__libc_single_threaded;

    r->waiting = true;
    pthread_mutex_unlock(&r->lock);
    /* epoll_wait is a cancellation point; so is this. */
    if (threads)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    entered = rb_spin_wait(&r->spin, &r->ring, &rb_process.spin, r->stats, limit, mask);
    if (threads)
        pthread_setcanceltype(type, &type);
    pthread_mutex_lock(&r->lock);
    r->waiting = false;
    return entered;
}

/* The relative time left until the deadline; false when it has passed. */
static bool time_left(const struct timespec *deadline, struct timespec *left) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    left->tv_sec = deadline->tv_sec - now.tv_sec;
    left->tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (left->tv_nsec < 0) {
        left->tv_nsec += 1000000000;
        left->tv_sec--;
    }
    return left->tv_sec >= 0 && (left->tv_sec > 0 || left->tv_nsec > 0);
}

static struct timespec deadline_of(const struct timespec *timeout) {
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout->tv_sec;
    deadline.tv_nsec += timeout->tv_nsec;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return deadline;
}

/* How a wait that reported nothing ends: 1 means it goes on. */
static int end_of_wait(enum rb_enter entered, unsigned completions, const struct timespec *deadline) {
    struct timespec left;

    switch (entered) {
    case RB_ENTER_INTERRUPTED:
        return -EINTR;
    case RB_ENTER_BROKEN:
        return -EBADF;
    case RB_ENTER_TIMEOUT:
        return deadline && !time_left(deadline, &left) ? 0 : 1;
    case RB_ENTER_OK:
        /* Entries were submitted, then the wait ended without a completion: the kernel tells the count, not the cause.
         */
        if (completions == 0)
            return deadline && !time_left(deadline, &left) ? 0 : -EINTR;
        return 1;
    case RB_ENTER_BUSY:
        return 1;
    }
    return 1;
}

/* Wait once and report. Returns whether the turn is over, with *n events or -errno. */
static bool wait_and_report(struct rb_reactor *r, struct epoll_event *events, int max, const struct timespec *deadline,
                            const sigset_t *mask, int *n) {
    struct timespec left = {0, 1}, limit;
    const struct timespec *sleep = deadline ? &left : NULL;
    enum rb_enter entered;
    unsigned completions;

    if (deadline && !time_left(deadline, &left))
        left = (struct timespec){0, 1};
    if (rb_level_limit(r, &limit) && (!deadline || left.tv_sec > 0 || left.tv_nsec > limit.tv_nsec))
        sleep = &limit;
    entered = wait_in_kernel(r, sleep, mask);
    r->phase = RB_PHASE_AFTER_WAIT;
    completions = rb_reactor_drain(r);
    rb_level_ask(r);
    *n = rb_report(r, events, max);
    if (*n > 0)
        return true;
    *n = end_of_wait(entered, completions, deadline);
    if (*n == -EINTR && entered == RB_ENTER_OK && rb_level_overdue(r))
        *n = 1; /* the sleep was ours to end */
    if (*n > 0 && deadline && !time_left(deadline, &left))
        *n = 0; /* what came was of no interest, and the time is up */
    if (*n == 0 && r->asides > 0) {
        rb_level_sort(r, false);
        rb_level_ask(r);
        *n = rb_report(r, events, max);
        return true;
    }
    return *n <= 0;
}

/* Whoever waits for that must not wait as long as the loop sleeps. */
static void let_go_of_pins(struct rb_reactor *r) {
    if (!r->released)
        return;
    pthread_mutex_unlock(&r->lock);
    rb_reactor_release_pins(r);
    pthread_mutex_lock(&r->lock);
}

static int turn(struct rb_reactor *r, struct epoll_event *events, int max, const struct timespec *timeout,
                const sigset_t *mask) {
    bool may_wait = !timeout || timeout->tv_sec > 0 || timeout->tv_nsec > 0;
    struct timespec deadline;
    int n;

    if (timeout && may_wait)
        deadline = deadline_of(timeout);
    rb_unsent = false;
    for (;;) {
        let_go_of_pins(r);
        if (r->contended)
            return -EXDEV;
        rb_level_sort(r, may_wait);
        reconcile(r);
        if (r->failed_call)
            return -EBADF;
        if (!may_wait || something_may_be_ready(r)) {
            n = report_now(r, events, max);
            if (n != 0 || !may_wait)
                return n;
        } else if (wait_and_report(r, events, max, timeout ? &deadline : NULL, mask, &n)) {
            return n;
        }
    }
}

static void ask_retired(struct rb_reactor *r) {
    pthread_mutex_unlock(&r->lock);
    rb_retired_ask();
    pthread_mutex_lock(&r->lock);
}

/* While some of what an earlier ring was sending is still to be asked for, nothing but the clock wakes the loop. */
static int turns_with_questions(struct rb_reactor *r, struct epoll_event *events, int max,
                                const struct timespec *timeout, const sigset_t *mask) {
    static const struct timespec slice = {0, ASK_EACH_MS * 1000000L};
    struct timespec deadline, left;
    int n;

    if (timeout)
        deadline = deadline_of(timeout);
    while (rb_zerocopy_ask(r) || rb_retired_hurry()) {
        ask_retired(r);
        if (timeout && !time_left(&deadline, &left))
            left = (struct timespec){0, 0};
        else if (!timeout || left.tv_sec > 0 || left.tv_nsec > slice.tv_nsec)
            left = slice;
        n = turn(r, events, max, &left, mask);
        if (n != 0 || (timeout && !time_left(&deadline, &left)))
            return n;
    }
    if (timeout && !time_left(&deadline, &left))
        left = (struct timespec){0, 0};
    return turn(r, events, max, timeout ? &left : NULL, mask);
}

static void account(struct rb_reactor *r, int events) {
    rb_count(r->stats, RB_COUNTER_TURNS, 1);
    if (events > 0)
        rb_count(r->stats, RB_COUNTER_EVENTS, (uint64_t)events);
    rb_count(r->stats, RB_COUNTER_ENTERS, r->ring.enters);
    rb_count(r->stats, RB_COUNTER_SQES, r->ring.submitted);
    rb_count(r->stats, RB_COUNTER_SPINS, r->spin.spins);
    rb_count(r->stats, RB_COUNTER_SPIN_HITS, r->spin.hits);
    rb_count(r->stats, RB_COUNTER_SPIN_NS, r->spin.spent_ns);
    r->spin.spins = r->spin.hits = r->spin.spent_ns = 0;
    r->ring.enters = 0;
    r->ring.submitted = 0;
}

/* A ring belongs to one thread. A loop that moved to another gets a ring of that thread's; one that is never long with
 * any is better off without, as is one in which several threads wait. */
static void take_ownership(struct rb_reactor *r) {
    rb_reactor_call_back(r);
    if (r->state == RB_REACTOR_RING && !rb_reactor_owned(r)) {
        rb_stats_fallback(RB_FALLBACK_OTHER_THREAD);
        rb_reactor_give_up(r);
        r->contended = false;
        if (++r->moves > MOVES_MOST)
            rb_reactor_demote(r, RB_FALLBACK_OTHER_THREAD, "it moves from thread to thread");
    }
    if (r->state == RB_REACTOR_RESTING && r->called)
        r->state = RB_REACTOR_PENDING;
    if (r->state == RB_REACTOR_PENDING && !rb_reactor_rest(r))
        rb_reactor_start(r);
    atomic_store_explicit(&r->rester, r->state == RB_REACTOR_RESTING ? rb_self() : NULL, memory_order_relaxed);
}

int rb_reactor_wait(struct rb_reactor *r, struct epoll_event *events, int max, const struct timespec *timeout,
                    const sigset_t *mask) {
    int n;

    pthread_mutex_lock(&r->lock);
    take_ownership(r);
    if (r->state != RB_REACTOR_RING) {
        rb_zerocopy_ask(r);
        n = rb_report_draining(r, events, max);
        pthread_mutex_unlock(&r->lock);
        return n;
    }
    rb_outflow_weigh(r);
    n = r->unheard > 0 || rb_retired_hurry() ? turns_with_questions(r, events, max, timeout, mask)
                                             : turn(r, events, max, timeout, mask);
    account(r, n);
    rb_outflow_told(r);
    atomic_store_explicit(&r->turn, atomic_load_explicit(&r->turn, memory_order_relaxed) + 1, memory_order_relaxed);
    r->phase = RB_PHASE_CALLBACKS;
    if (r->contended)
        rb_reactor_demote(r, RB_FALLBACK_OTHER_THREAD, "several threads wait on it");
    if (n == -EBADF) {
        rb_reactor_fail(r, "io_uring_enter", r->ring.error);
        rb_reactor_demote(r, RB_FALLBACK_RING_FAILED, rb_process_refused(r->failed_call, r->failed_error));
        n = -EXDEV;
    }
    /* What the ring has left behind epoll knows nothing of: it is told before the program sleeps there. */
    if (n == -EXDEV)
        n = rb_report_draining(r, events, max);
    pthread_mutex_unlock(&r->lock);
    if (r->released)
        rb_reactor_release_pins(r);
    return n;
}
