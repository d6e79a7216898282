#include "report.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "accept.h"
#include "clock.h"
#include "libc/real.h"
#include "stream.h"

enum { ALWAYS = EPOLLERR | EPOLLHUP, RECHECK_FIRST = 64 };

/* ---- asking again ---- */

static bool make_room(struct rb_reactor *r) {
    unsigned room = r->recheck_room ? r->recheck_room * 2 : RECHECK_FIRST;
    struct rb_recheck *list;
    struct pollfd *set;

    if (r->rechecks < r->recheck_room)
        return true;
    list = realloc(r->recheck, room * sizeof *list);
    if (list)
        r->recheck = list;
    set = realloc(r->pollset, room * sizeof *set);
    if (set)
        r->pollset = set;
    if (!list || !set)
        return false;
    r->recheck_room = room;
    return true;
}

void rb_reactor_recheck(struct rb_reactor *r, struct rb_file *file) {
    if (file->in_recheck)
        return;
    if (!make_room(r)) {
        /* An event too many is lawful, a missing one is not; epoll knows which are true. */
        file->fired |= atomic_load_explicit(&file->level, memory_order_relaxed);
        rb_reactor_ready(r, file);
        rb_reactor_fail(r, "realloc", ENOMEM);
        return;
    }
    file->in_recheck = true;
    r->recheck[r->rechecks++] = (struct rb_recheck){file, file->generation};
}

/* Is it still the descriptor that was listed? The loop first: the number may be another's by now, and that loop's lock
 * guards the rest of the record. */
static bool still_ours(const struct rb_reactor *r, const struct rb_recheck *entry) {
    return atomic_load_explicit(&entry->file->reactor, memory_order_acquire) == r &&
           entry->file->generation == entry->generation;
}

static bool still_listed(const struct rb_reactor *r, const struct rb_recheck *entry) {
    return still_ours(r, entry) && entry->file->in_recheck;
}

/* Level-triggered and since then seen empty, and no new wake-up: nothing to ask. */
static bool worth_asking(const struct rb_file *file) {
    return file->fired != 0 || atomic_load_explicit(&file->level, memory_order_relaxed) != 0;
}

static unsigned gather(struct rb_reactor *r) {
    unsigned n = 0;

    for (unsigned i = 0; i < r->rechecks; i++) {
        struct rb_file *file = r->recheck[i].file;

        if (!still_listed(r, &r->recheck[i]))
            continue;
        if (!worth_asking(file)) {
            file->in_recheck = false;
            continue;
        }
        r->recheck[n] = r->recheck[i];
        r->pollset[n].fd = file->fd;
        r->pollset[n].events = (short)((file->want & 0xffff) | EPOLLRDHUP);
        r->pollset[n].revents = 0;
        n++;
    }
    return n;
}

void rb_report_recheck(struct rb_reactor *r) {
    unsigned n;

    if (r->rechecks == 0)
        return;
    n = gather(r);
    r->rechecks = 0;
    if (n == 0)
        return;
    /* Past libc: poll(2) there is a cancellation point, and nobody may be cancelled under the lock. */
    if (rb_real_poll_now(r->pollset, n) < 0)
        for (unsigned i = 0; i < n; i++)
            r->pollset[i].revents = (short)(r->recheck[i].file->fired | r->recheck[i].file->level);
    rb_count(r->stats, RB_COUNTER_RECHECKS, 1);
    for (unsigned i = 0; i < n; i++) {
        struct rb_file *file = r->recheck[i].file;

        file->in_recheck = false;
        atomic_store_explicit(&file->level, 0, memory_order_relaxed);
        /* A number that was closed unseen: epoll reports nothing for it, and neither do we. */
        file->fired = r->pollset[i].revents & POLLNVAL ? 0 : (uint32_t)(unsigned short)r->pollset[i].revents;
        file->ending |= (file->fired & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
        file->fired &= file->want | ALWAYS;
        if (file->fired)
            rb_reactor_ready(r, file);
    }
}

/* ---- asking later ---- */

/* What the program has read until it got less than it had room for is most likely exhausted. Not certainly: a read ends
 * before urgent data. So the loop may sleep before it asks, but for no longer than this. */
enum { ASIDE_MS = 40 };

static bool probably_exhausted(const struct rb_file *file) {
    return atomic_load_explicit(&file->drained, memory_order_relaxed) && file->fired == 0 && !file->ending;
}

static bool room_aside(struct rb_reactor *r) {
    unsigned room = r->aside_room ? r->aside_room * 2 : RECHECK_FIRST;
    struct rb_recheck *list;

    if (r->asides < r->aside_room)
        return true;
    list = realloc(r->aside, room * sizeof *list);
    if (!list)
        return false;
    r->aside = list;
    r->aside_room = room;
    return true;
}

static void put_aside(struct rb_reactor *r) {
    unsigned n = 0;

    for (unsigned i = 0; i < r->rechecks; i++) {
        struct rb_file *file = r->recheck[i].file;

        if (!still_listed(r, &r->recheck[i]) || !probably_exhausted(file) || (!file->in_aside && !room_aside(r))) {
            r->recheck[n++] = r->recheck[i];
            continue;
        }
        file->in_recheck = false;
        if (file->in_aside)
            continue;
        if (r->asides == 0)
            r->ask_ms = rb_now_ms() + ASIDE_MS;
        file->in_aside = true;
        r->aside[r->asides++] = r->recheck[i];
    }
    r->rechecks = n;
}

static void bring_back(struct rb_reactor *r) {
    unsigned n = r->asides;

    r->asides = 0;
    for (unsigned i = 0; i < n; i++) {
        struct rb_file *file = r->aside[i].file;

        if (!still_ours(r, &r->aside[i]) || !file->in_aside)
            continue;
        file->in_aside = false;
        atomic_store_explicit(&file->drained, false, memory_order_relaxed);
        if (worth_asking(file))
            rb_reactor_recheck(r, file);
    }
}

bool rb_report_overdue(const struct rb_reactor *r) {
    return r->asides > 0 && rb_now_ms() >= r->ask_ms;
}

bool rb_report_limit(const struct rb_reactor *r, struct timespec *limit) {
    enum { COARSE_MS = 5 }; /* the clock that rb_now_ms() reads may lag so far behind */
    uint64_t now, wait_ms;

    if (r->asides == 0)
        return false;
    now = rb_now_ms();
    wait_ms = (r->ask_ms > now ? r->ask_ms - now : 0) + COARSE_MS;
    *limit = (struct timespec){.tv_nsec = (long)wait_ms * 1000000L};
    return true;
}

void rb_report_sort(struct rb_reactor *r, bool may_wait) {
    if (r->asides > 0 && (!may_wait || rb_report_overdue(r)))
        bring_back(r);
    if (may_wait && r->rechecks > 0)
        put_aside(r);
}

/* ---- telling ---- */

static uint32_t poll_events(struct rb_file *file) {
    uint32_t events = file->fired & (file->want | ALWAYS);

    file->fired = 0;
    /* The stream says itself when its library may write: while the kernel holds on to what was written, the socket has
     * room, and a loop that was told so would spin. */
    if (rb_stream_sends(file) && !file->stream.blocked)
        events &= ~(uint32_t)(EPOLLOUT | EPOLLWRNORM);
    if (events & EPOLLOUT)
        file->stream.blocked = false;
    return events;
}

static uint32_t carried_events(const struct rb_file *file) {
    uint32_t events = rb_stream_events(file);

    if (rb_accept_pending(file))
        events |= EPOLLIN | EPOLLRDNORM;
    return events & (file->want | ALWAYS);
}

/* An edge tells all that holds. Only bytes of before the interest became edge-triggered come here. */
static uint32_t what_else_holds(const struct rb_file *file) {
    struct pollfd poll = {.fd = file->fd, .events = (short)(file->want & 0xffff)};

    return rb_real_poll_now(&poll, 1) == 1 ? (uint32_t)(unsigned short)poll.revents & (file->want | ALWAYS) : 0;
}

/* Level-triggered readiness stays true until the program changes it: look again next turn. A one-shot poll is armed
 * anew by then, which looks as well. */
static void remember_level(struct rb_reactor *r, struct rb_file *file, uint32_t events) {
    if ((file->want & EPOLLET) || events == 0 || !file->poll_op || !file->poll_multishot)
        return;
    atomic_store_explicit(&file->level, events, memory_order_relaxed);
    atomic_store_explicit(&file->drained, false, memory_order_relaxed);
    rb_reactor_recheck(r, file);
}

/* Report one file. Returns whether there was something to tell. */
static bool tell(struct rb_reactor *r, struct rb_file *file, struct epoll_event *event) {
    uint32_t polled, carried;

    rb_reactor_unready(r, file);
    if (!file->watched || file->disarmed) {
        file->fired = 0;
        return false;
    }
    polled = poll_events(file);
    carried = carried_events(file);
    if (carried && (file->want & EPOLLET))
        polled |= what_else_holds(file);
    if ((polled | carried) == 0)
        return false;
    event->events = polled | carried;
    event->data = file->data;
    if (file->want & EPOLLONESHOT) {
        file->disarmed = true;
        return true;
    }
    if (carried)
        rb_reactor_ready(r, file); /* behind all others; true again until the program has taken it */
    remember_level(r, file, polled);
    return true;
}

/* The descriptors that epoll keeps for this loop: its own file says when there is news among them. */
static int report_passthrough(struct rb_reactor *r, struct epoll_event *events, int max) {
    int n;

    if (!r->epfd_ready || max <= 0)
        return 0;
    n = rb_real_epoll_now(r->epfd, events, max);
    if (n <= 0)
        r->epfd_ready = false;
    return n > 0 ? n : 0;
}

static int report_ready(struct rb_reactor *r, struct epoll_event *events, int max) {
    struct rb_file *last = r->ready_last, *file;
    int n = 0;

    while (n < max && (file = r->ready_first)) {
        n += tell(r, file, &events[n]);
        if (file == last)
            break; /* what stays ready has been put behind the last one: next turn */
    }
    return n;
}

int rb_report(struct rb_reactor *r, struct epoll_event *events, int max) {
    int n;

    /* Each side goes first every other turn, so that neither starves when there is more than max. */
    if (atomic_load_explicit(&r->turn, memory_order_relaxed) & 1) {
        n = report_passthrough(r, events, max);
        return n + report_ready(r, events + n, max - n);
    }
    n = report_ready(r, events, max);
    return n + report_passthrough(r, events + n, max - n);
}

int rb_report_draining(struct rb_reactor *r, struct epoll_event *events, int max) {
    struct rb_file *file, *next;
    int n;

    if (r->draining == 0)
        return -EXDEV;
    r->draining = 0;
    for (file = r->claimed; file; file = next) {
        next = file->claimed_next;
        if (rb_stream_receives(file) || !rb_stream_output_rests(file) || rb_accept_pending(file)) {
            r->draining++;
            rb_reactor_ready(r, file);
        } else if (!file->left_out) {
            rb_reactor_forget(r, file);
        }
    }
    n = report_ready(r, events, max);
    if (n > 0 && n < max) {
        int more = rb_real_epoll_now(r->epfd, events + n, max - n);

        n += more > 0 ? more : 0;
    }
    return n > 0 ? n : -EXDEV;
}
