/* The list of all reactors, and which files each of them carries. */
#include "reactor.h"

#include <stdlib.h>
#include <unistd.h>

#include "accept.h"
#include "beacon.h"
#include "poll.h"
#include "rawcall.h"
#include "self.h"
#include "send.h"
#include "show.h"
#include "stream.h"
#include "wake.h"
#include "zerocopy.h"

static _Atomic(struct rb_reactor *) all;
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER; /* held while a record is looked for or added */

void rb_reactors_hold(void) {
    pthread_mutex_lock(&growing);
}

void rb_reactors_release(void) {
    pthread_mutex_unlock(&growing);
}

struct rb_reactor *rb_reactor_all(void) {
    return atomic_load_explicit(&all, memory_order_acquire);
}

/* A record that an earlier loop has left, locked; or a new one. The list is held. */
static struct rb_reactor *find_free(void) {
    struct rb_reactor *r;

    for (r = rb_reactor_all(); r; r = r->next) {
        pthread_mutex_lock(&r->lock);
        if (r->state == RB_REACTOR_FREE)
            return r;
        pthread_mutex_unlock(&r->lock);
    }
    r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_lock(&r->lock);
    r->next = rb_reactor_all();
    atomic_store_explicit(&all, r, memory_order_release);
    return r;
}

struct rb_reactor *rb_reactor_new(int epfd) {
    struct rb_file *file = rb_file_get(epfd);
    struct rb_reactor *r;

    if (!file) {
        rb_stats_fallback(RB_FALLBACK_FD_TOO_HIGH);
        return NULL;
    }
    rb_reactors_hold();
    r = find_free();
    rb_reactors_release();
    if (!r)
        return NULL;
    r->state = RB_REACTOR_PENDING;
    r->begun = r->called = false;
    r->epfd = epfd;
    r->why = "";
    r->wake_fd = r->beacon_fd = -1;
    r->stats = rb_stats_slot_take(epfd);
    atomic_store_explicit(&file->epoll, r, memory_order_release);
    pthread_mutex_unlock(&r->lock);
    return r;
}

struct rb_reactor *rb_file_lock(struct rb_file *file) {
    struct rb_reactor *r;

    while ((r = atomic_load_explicit(&file->reactor, memory_order_acquire))) {
        pthread_mutex_lock(&r->lock);
        if (atomic_load_explicit(&file->reactor, memory_order_relaxed) == r)
            return r;
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

void rb_reactor_dirty(struct rb_reactor *r, struct rb_file *file) {
    if (!file->in_dirty) {
        file->in_dirty = true;
        file->dirty_next = r->dirty;
        r->dirty = file;
    }
    rb_beacon_update(r);
    if (r->waiting && !rb_reactor_owned(r))
        rb_wake(r);
}

void rb_reactor_ready(struct rb_reactor *r, struct rb_file *file) {
    if (file->in_ready)
        return;
    file->in_ready = true;
    file->ready_next = NULL;
    file->ready_prev = r->ready_last;
    if (r->ready_last)
        r->ready_last->ready_next = file;
    else
        r->ready_first = file;
    r->ready_last = file;
    if (r->waiting && !rb_reactor_owned(r))
        rb_wake(r);
}

void rb_reactor_unready(struct rb_reactor *r, struct rb_file *file) {
    if (!file->in_ready)
        return;
    file->in_ready = false;
    if (file->ready_prev)
        file->ready_prev->ready_next = file->ready_next;
    else
        r->ready_first = file->ready_next;
    if (file->ready_next)
        file->ready_next->ready_prev = file->ready_prev;
    else
        r->ready_last = file->ready_prev;
}

void rb_reactor_claim(struct rb_reactor *r, struct rb_file *file) {
    file->after_fork = false;
    file->ending = false;
    atomic_store_explicit(&file->drained, false, memory_order_relaxed);
    atomic_store_explicit(&file->exhausted, false, memory_order_relaxed);
    atomic_store_explicit(&file->tcp, RB_TCP_UNKNOWN, memory_order_relaxed);
    file->level_way = RB_LEVEL_MULTISHOT;
    file->level_armed = 0;
    file->claimed_prev = NULL;
    file->claimed_next = r->claimed;
    if (r->claimed)
        r->claimed->claimed_prev = file;
    r->claimed = file;
    atomic_store_explicit(&file->reactor, r, memory_order_release);
    rb_reactor_dirty(r, file);
}

void rb_reactor_orphan(struct rb_reactor *r, struct rb_op **op) {
    if (!*op)
        return;
    atomic_store_explicit(&(*op)->file->last, r, memory_order_relaxed);
    atomic_fetch_add_explicit(&(*op)->file->orphans, 1, memory_order_relaxed);
    (*op)->origin = (*op)->file;
    (*op)->file = NULL;
    rb_reactor_cancel(r, *op);
    *op = NULL;
}

static void leave_dirty(struct rb_reactor *r, struct rb_file *file) {
    struct rb_file **link = &r->dirty;

    if (!file->in_dirty)
        return;
    while (*link && *link != file)
        link = &(*link)->dirty_next;
    if (*link)
        *link = file->dirty_next;
    file->in_dirty = false;
}

/* Out of every list of the loop's. */
static void unlink_file(struct rb_reactor *r, struct rb_file *file) {
    rb_reactor_unready(r, file);
    leave_dirty(r, file);
    file->in_recheck = file->in_aside = false;
    r->left_out -= file->left_out;
    file->left_out = false;
    if (file->claimed_prev)
        file->claimed_prev->claimed_next = file->claimed_next;
    else
        r->claimed = file->claimed_next;
    if (file->claimed_next)
        file->claimed_next->claimed_prev = file->claimed_prev;
    file->claimed_next = file->claimed_prev = NULL;
    rb_beacon_update(r);
}

void rb_reactor_forget(struct rb_reactor *r, struct rb_file *file) {
    rb_reactor_orphan(r, &file->poll_op);
    rb_reactor_orphan(r, &file->stream.recv_op);
    if (file->stream.send == RB_SEND_IN_FLIGHT)
        r->sending--;
    rb_reactor_orphan(r, &file->stream.send_op);
    if (file->backlog)
        rb_reactor_orphan(r, &file->backlog->op);
    file->fired = 0;
    atomic_store_explicit(&file->level, 0, memory_order_relaxed);
    rb_stream_drop(r, file);
    rb_accept_drop(file);
    unlink_file(r, file);
    file->want = 0;
    file->disarmed = false;
    atomic_store_explicit(&file->carried, false, memory_order_relaxed);
    if (r->state == RB_REACTOR_EPOLL && file->watched)
        rb_show_passed(r, file->fd, RB_WHY_LOOP_ON_EPOLL);
    else
        rb_show_nothing(file->fd);
    atomic_store_explicit(&file->reactor, NULL, memory_order_release);
}

/* Where sockets wait whose loop is gone while bytes of theirs are still here: a loop without a descriptor, which nobody
 * runs. Reads are served from it; the next loop that watches the socket takes it over. */
static struct rb_reactor limbo = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                  .state = RB_REACTOR_EPOLL,
                                  .epfd = -1,
                                  .why = "",
                                  .wake_fd = -1,
                                  .beacon_fd = -1};

void rb_limbo_lock(void) {
    pthread_mutex_lock(&limbo.lock);
}

void rb_limbo_unlock(void) {
    pthread_mutex_unlock(&limbo.lock);
}

static bool has_leftovers(const struct rb_file *file) {
    const struct rb_stream *stream = &file->stream;

    return stream->waiting > 0 || stream->recv == RB_RECV_ENDED || !rb_stream_output_rests(file) ||
           rb_accept_pending(file);
}

/* Nothing of it is with the kernel, so it can change its loop with all it has. */
static bool at_rest(const struct rb_file *file) {
    return !file->poll_op && !file->stream.recv_op && !file->stream.send_op && !(file->backlog && file->backlog->op);
}

static void move(struct rb_reactor *from, struct rb_reactor *to, struct rb_file *file) {
    unlink_file(from, file);
    rb_zerocopy_move(from, to, file);
    file->watched = false;
    file->fired = 0;
    rb_reactor_claim(to, file);
}

bool rb_reactor_take_over(struct rb_reactor *r, struct rb_file *file) {
    struct rb_reactor *from = atomic_load_explicit(&file->reactor, memory_order_acquire);
    bool taken = false;

    if (!from || from == r || pthread_mutex_trylock(&from->lock) != 0)
        return false;
    if (atomic_load_explicit(&file->reactor, memory_order_relaxed) == from && !file->watched) {
        if (rb_reactor_owned(from) && from->ring.open) {
            rb_stream_release(from, file, RB_WHY_NONE);
            rb_reactor_orphan(from, &file->poll_op);
        }
        if (at_rest(file)) {
            move(from, r, file);
            taken = true;
        }
    }
    pthread_mutex_unlock(&from->lock);
    return taken;
}

/* The loop's epoll descriptor is closed; its sockets need not be. */
static void leave_loop(struct rb_reactor *r, struct rb_file *file) {
    bool forked = r->forked;

    if (has_leftovers(file) && at_rest(file)) {
        pthread_mutex_lock(&limbo.lock);
        move(r, &limbo, file);
        pthread_mutex_unlock(&limbo.lock);
    } else {
        rb_reactor_forget(r, file);
    }
    file->after_fork = forked;
}

void rb_reactor_call_back(struct rb_reactor *r) {
    while (r->waiting && !rb_reactor_owned(r)) {
        /* It was cancelled in there, or killed. */
        if (rb_rawcall(SYS_tgkill, getpid(), r->tid, 0, 0, 0, 0) < 0) {
            r->waiting = false;
            return;
        }
        r->contended = true;
        rb_wake(r);
        pthread_mutex_unlock(&r->lock);
        rb_rawcall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
        pthread_mutex_lock(&r->lock);
    }
}

void rb_reactor_close(struct rb_reactor *r) {
    struct rb_file *file = rb_file_find(r->epfd);

    pthread_mutex_lock(&r->lock);
    if (file)
        atomic_store_explicit(&file->epoll, NULL, memory_order_release);
    rb_reactor_call_back(r);
    rb_reactor_give_up(r);
    while (r->claimed)
        leave_loop(r, r->claimed);
    rb_wake_close(r);
    rb_beacon_close(r);
    rb_stats_slot_leave(r->stats);
    free(r->recheck);
    free(r->pollset);
    free(r->aside);
    r->aside = NULL;
    r->asides = r->aside_room = 0;
    r->recheck = NULL;
    r->pollset = NULL;
    r->rechecks = r->recheck_room = 0;
    r->passthrough = r->draining = r->moves = 0;
    r->epfd_ready = r->forked = r->contended = false;
    r->embedded = false;
    atomic_store_explicit(&r->rester, NULL, memory_order_relaxed);
    r->failed_call = NULL;
    r->owner = NULL;
    r->state = RB_REACTOR_FREE;
    pthread_mutex_unlock(&r->lock);
    rb_reactor_release_pins(r);
}

void rb_reactor_release_pins(struct rb_reactor *r) {
    struct rb_send *list, *send;

    pthread_mutex_lock(&r->lock);
    list = r->released;
    r->released = NULL;
    pthread_mutex_unlock(&r->lock);
    while ((send = list)) {
        list = send->next;
        send->unpin(send->pin);
        send->unpin = NULL;
        pthread_mutex_lock(&r->lock);
        rb_send_dispose(r, send);
        pthread_mutex_unlock(&r->lock);
    }
}
