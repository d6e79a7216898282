#include "level.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "clock.h"
#include "libc/real.h"
#include "poll.h"

enum { ALWAYS = EPOLLERR | EPOLLHUP, RECHECK_FIRST = 64 };

/* Of so many descriptors at most, arming each costs less than one poll(2) does; and how often that is tried all the
 * same.
 */
enum { FEW = 2, ASK_AFTER = 8 };

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

/* What is asked before it is armed is armed for the wait. */
static void found_empty(struct rb_reactor *r, struct rb_file *file) {
    if (file->level_way != RB_LEVEL_ASK)
        return;
    file->level_way = RB_LEVEL_ARM;
    file->level_armed = 0;
    rb_reactor_dirty(r, file);
}

static unsigned gather(struct rb_reactor *r) {
    unsigned n = 0;

    for (unsigned i = 0; i < r->rechecks; i++) {
        struct rb_file *file = r->recheck[i].file;

        if (!still_listed(r, &r->recheck[i]))
            continue;
        if (!worth_asking(file)) {
            file->in_recheck = false;
            found_empty(r, file);
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

void rb_level_ask(struct rb_reactor *r) {
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
        else
            found_empty(r, file);
    }
}

/* ---- asking later ---- */

/* What the program has read until it got less than it had room for is most likely exhausted. Not certainly: a read ends
 * before urgent data. So the loop may sleep before it asks, but for no longer than twice this: a sleep may begin just
 * before the time has come. */
enum { ASIDE_MS = 20 };

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

/* A TCP socket can be seen to be exhausted, and is asked seldom. */
static bool better_armed(const struct rb_reactor *r, const struct rb_recheck *entry) {
    const struct rb_file *file = entry->file;

    return still_listed(r, entry) && file->level_way == RB_LEVEL_MULTISHOT && file->poll_multishot &&
           file->fired == 0 && atomic_load_explicit(&file->level, memory_order_relaxed) != 0 &&
           atomic_load_explicit(&file->tcp, memory_order_relaxed) == RB_TCP_NO;
}

static void arm_instead(struct rb_reactor *r) {
    unsigned n = 0;

    for (unsigned i = 0; i < r->rechecks; i++) {
        struct rb_file *file = r->recheck[i].file;

        if (!better_armed(r, &r->recheck[i])) {
            r->recheck[n++] = r->recheck[i];
            continue;
        }
        file->level_way = RB_LEVEL_ARM;
        rb_poll_restart(r, file);
    }
    r->rechecks = n;
}

bool rb_level_overdue(const struct rb_reactor *r) {
    return r->asides > 0 && rb_now_ms() >= r->ask_ms;
}

bool rb_level_limit(const struct rb_reactor *r, struct timespec *limit) {
    enum { COARSE_MS = 5 }; /* the clock that rb_now_ms() reads may lag so far behind */

    *limit = (struct timespec){.tv_nsec = (ASIDE_MS + COARSE_MS) * 1000000L};
    return r->asides > 0;
}

void rb_level_sort(struct rb_reactor *r, bool may_wait) {
    if (r->asides > 0 && (!may_wait || rb_level_overdue(r)))
        bring_back(r);
    if (may_wait && r->rechecks > 0)
        put_aside(r);
    if (may_wait && r->rechecks > 0 && r->rechecks <= FEW)
        arm_instead(r);
}

/* ---- what is to be asked ---- */

/* Level-triggered readiness stays true until the program changes it: look again next turn. A one-shot poll is armed
 * anew by then, which looks as well. */
void rb_level_remember(struct rb_reactor *r, struct rb_file *file, uint32_t events) {
    if ((file->want & EPOLLET) || events == 0)
        return;
    if (file->level_way == RB_LEVEL_ARM && !file->poll_op && ++file->level_armed >= ASK_AFTER)
        file->level_way = RB_LEVEL_ASK;
    if (file->level_way != RB_LEVEL_ASK && (!file->poll_op || !file->poll_multishot))
        return;
    atomic_store_explicit(&file->level, events, memory_order_relaxed);
    atomic_store_explicit(&file->drained, false, memory_order_relaxed);
    rb_reactor_recheck(r, file);
}

bool rb_level_unarmed(const struct rb_file *file) {
    return file->level_way == RB_LEVEL_ASK && file->in_recheck && !file->poll_op;
}
