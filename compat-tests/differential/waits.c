#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "compare.h"

enum {
    EVENTS = 64,
    SEEN_MOST = 128,
    LONG_MS = 2000, /* a wait that something else ends */
    WOKEN_MS = 500, /* what has ended the kernel's wait ends libc's within this */
    SETTLED_MS = 2, /* what has not ended the kernel's wait by then does not */
    ASLEEP_NAPS = 4,
};
#define BELL UINT64_MAX /* the token of what ends a wait that nothing else has ended */
#define ONCE ((uint32_t)EPOLLET | (uint32_t)EPOLLONESHOT)

struct seen {
    uint64_t token;
    uint32_t level[SIDES]; /* in the last round */
    uint32_t once[SIDES];  /* in all rounds */
    unsigned times[SIDES];
};

struct wait {
    struct twin *twin;
    unsigned loop;
    struct seen seen[SEEN_MOST];
    int count;
};

static struct seen *find(struct wait *wait, uint64_t token) {
    for (int i = 0; i < wait->count; i++)
        if (wait->seen[i].token == token)
            return &wait->seen[i];
    if (wait->count == SEEN_MOST)
        return NULL;
    memset(&wait->seen[wait->count], 0, sizeof wait->seen[0]);
    wait->seen[wait->count].token = token;
    return &wait->seen[wait->count++];
}

static bool note(struct wait *wait, enum side side, const struct epoll_event *event) {
    struct twin *twin = wait->twin;
    struct seen *seen;

    if (event->data.u64 == BELL)
        return true;
    if (event->data.u64 >= STEPS_MOST)
        return compare_differs("loop %u: side %d tells of %#llx, which was never registered", wait->loop, side,
                               (unsigned long long)event->data.u64);
    seen = find(wait, event->data.u64);
    if (!seen)
        return compare_differs("loop %u: too many registrations are told of", wait->loop);
    if (!(twin->registered[seen->token].events & ONCE)) {
        seen->level[side] |= event->events;
        return true;
    }
    if (side == LIBC && twin->planted) {
        twin->planted = false;
        return true;
    }
    seen->once[side] |= event->events;
    seen->times[side]++;
    return true;
}

/* What one wait of one side brought. */
struct haul {
    struct epoll_event events[EVENTS];
    long count; /* or -errno */
};

static void wait_once(int epfd, enum side side, int timeout_ms, struct haul *haul) {
    /* The kernel ends a closed ring with a task work that interrupts whatever its thread waits in next. */
    do
        haul->count = side_call(side, SYS_epoll_pwait, epfd, (long)haul->events, EVENTS, timeout_ms);
    while (haul->count == -EINTR);
}

static bool take_in(struct wait *wait, enum side side, const struct haul *haul) {
    for (int i = 0; i < wait->count; i++)
        wait->seen[i].level[side] = 0;
    if (haul->count < 0)
        return compare_differs("loop %u: side %d waits with %ld", wait->loop, side, haul->count);
    for (long i = 0; i < haul->count; i++)
        if (!note(wait, side, &haul->events[i]))
            return false;
    return true;
}

static bool ask(struct wait *wait, enum side side, int timeout_ms) {
    struct haul haul;

    wait_once(wait->twin->loops[wait->loop][side], side, timeout_ms, &haul);
    return take_in(wait, side, &haul);
}

static int descriptor_of(const struct twin *twin, int object) {
    for (unsigned i = 0; i < SLOTS; i++)
        if (twin->slots[i].object == object)
            return twin->slots[i].fd[KERNEL];
    return -1;
}

/* Does the kernel's own twin say that these events hold now? */
static bool holds(const struct twin *twin, const struct registration *registration, uint32_t events) {
    struct pollfd poll = {.events = (short)(events & 0xffff)};

    if (registration->slot >= SLOTS)
        poll.fd = twin->loops[registration->slot - SLOTS][KERNEL];
    else
        poll.fd = descriptor_of(twin, registration->object);
    if (poll.fd < 0)
        return false;
    side_call(KERNEL, SYS_ppoll, (long)&poll, 1, 0, 0);
    return (events & ~(uint32_t)(unsigned short)poll.revents) == 0;
}

static bool agrees(const struct twin *twin, const struct seen *seen) {
    const struct registration *registration = &twin->registered[seen->token];
    uint32_t extra, missing;

    if (!(registration->events & ONCE))
        return seen->level[KERNEL] == seen->level[LIBC];
    if (registration->events & EPOLLONESHOT)
        return seen->once[KERNEL] == seen->once[LIBC] && seen->times[KERNEL] == seen->times[LIBC];
    extra = seen->once[LIBC] & ~seen->once[KERNEL];
    missing = seen->once[KERNEL] & ~seen->once[LIBC];
    /* The kernel may tell an edge twice that it could have told once: a late acknowledgement of a FIN wakes again. */
    return (missing & ~registration->told[LIBC]) == 0 && (extra == 0 || holds(twin, registration, extra));
}

static void remember_edges(const struct wait *wait) {
    for (int i = 0; i < wait->count; i++)
        for (enum side side = KERNEL; side < SIDES; side++)
            wait->twin->registered[wait->seen[i].token].told[side] |= wait->seen[i].once[side];
}

static bool all_agree(const struct wait *wait) {
    for (int i = 0; i < wait->count; i++)
        if (!agrees(wait->twin, &wait->seen[i]))
            return false;
    return true;
}

static bool describe(const struct wait *wait) {
    for (int i = 0; i < wait->count; i++) {
        const struct seen *seen = &wait->seen[i];

        if (!agrees(wait->twin, seen))
            return compare_differs("loop %u, registered by step %llu: kernel tells %#x, libc %#x", wait->loop,
                                   (unsigned long long)seen->token, seen->level[KERNEL] | seen->once[KERNEL],
                                   seen->level[LIBC] | seen->once[LIBC]);
    }
    return true;
}

/* Ask until both sides agree, for a while. `asked`: both have been asked once. */
static bool come_to_agree(struct wait *wait, int timeout_ms, bool asked) {
    double end = 0;

    for (int round = 0;; round++) {
        if (!(asked && round == 0) && (!ask(wait, KERNEL, timeout_ms) || !ask(wait, LIBC, timeout_ms)))
            return false;
        if (all_agree(wait)) {
            remember_edges(wait);
            return true;
        }
        if (round == 0)
            end = twin_patience_ends(wait->twin);
        else if (now_ms() > end)
            return describe(wait);
        /* With nothing to tell both need a little time; with something, asking is enough. */
        timeout_ms = round & 1;
        if (round > 2)
            nap();
    }
}

bool compare_wait(struct twin *twin, unsigned loop, int timeout_ms) {
    struct wait wait = {.twin = twin, .loop = loop};

    twin->waited[loop] = true;
    return come_to_agree(&wait, timeout_ms, false);
}

/* ---- turns for all ---- */

static bool ask_both(void *argument) {
    struct wait *wait = argument;

    return ask(wait, KERNEL, 0) && ask(wait, LIBC, 0);
}

static bool agree_after(void *wait) {
    return come_to_agree(wait, 0, true);
}

bool compare_turns(struct twin *twin) {
    static struct wait waits[LOOPS];
    bool good = true;

    for (unsigned i = 0; good && i < LOOPS; i++) {
        waits[i] = (struct wait){.twin = twin, .loop = i};
        if (twin->waited[i])
            good = thread_run(twin->waiter[i], ask_both, &waits[i]);
    }
    for (unsigned i = 0; good && i < LOOPS; i++)
        if (twin->waited[i])
            good = thread_run(twin->waiter[i], agree_after, &waits[i]);
    return good;
}

/* ---- waiting while something happens ---- */

/* A wait of one side in a thread of its own. */
struct sleeper {
    int epfd, bell;
    enum side side;
    struct haul haul;
    atomic_bool is_back;
};

static bool sleep_in(void *argument) {
    struct sleeper *sleeper = argument;

    wait_once(sleeper->epfd, sleeper->side, LONG_MS, &sleeper->haul);
    atomic_store(&sleeper->is_back, true);
    return true;
}

static bool is_back_within(struct sleeper *sleeper, double ms) {
    double end = now_ms() + ms;

    while (!atomic_load(&sleeper->is_back) && now_ms() < end)
        nap();
    return atomic_load(&sleeper->is_back);
}

/* In the thread that will wait or in another: epoll_ctl may come from any. */
static void hang_up_bell(struct sleeper *sleeper, const struct twin *twin, unsigned loop, enum side side) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = BELL};

    memset(sleeper, 0, sizeof *sleeper);
    sleeper->side = side;
    sleeper->epfd = twin->loops[loop][side];
    sleeper->bell = twin_bell(side);
    twin_must(side_call(side, SYS_epoll_ctl, sleeper->epfd, EPOLL_CTL_ADD, sleeper->bell, (long)&event), "a bell");
}

static void ring_bell(const struct sleeper *sleeper) {
    const uint64_t one = 1;

    kernel_call(SYS_write, sleeper->bell, (long)&one, sizeof one, 0, 0);
}

static void take_down_bell(const struct sleeper *sleeper) {
    side_call(sleeper->side, SYS_epoll_ctl, sleeper->epfd, EPOLL_CTL_DEL, sleeper->bell, 0);
    side_call(sleeper->side, SYS_close, sleeper->bell, 0, 0, 0);
}

/* Does what one thread does while the two others sleep, and ends their sleep. Returns false for a difference. */
struct disturbance {
    struct sleeper *sleepers;
    thread_work *act;
    void *argument;
    unsigned loop;
};

static bool disturb(void *argument) {
    const struct disturbance *disturbance = argument;
    struct sleeper *sleepers = disturbance->sleepers;
    bool good, woken;

    for (int i = 0; i < ASLEEP_NAPS; i++)
        nap();
    good = disturbance->act(disturbance->argument);
    woken = is_back_within(&sleepers[KERNEL], SETTLED_MS);
    if (woken && !is_back_within(&sleepers[LIBC], WOKEN_MS) && good)
        good = compare_differs("loop %u: the kernel's wait has ended, libc's has not", disturbance->loop);
    for (enum side side = KERNEL; side < SIDES; side++) {
        ring_bell(&sleepers[side]);
        if (!is_back_within(&sleepers[side], WOKEN_MS) && good)
            good = compare_differs("loop %u: side %d does not hear the bell", disturbance->loop, side);
    }
    return good;
}

bool compare_wait_meanwhile(struct twin *twin, unsigned loop, unsigned thread, unsigned other, thread_work *act,
                            void *argument) {
    static struct sleeper sleepers[SIDES];
    struct disturbance disturbance = {sleepers, act, argument, loop};
    struct wait wait = {.twin = twin, .loop = loop};
    bool good;

    twin->waited[loop] = true;
    for (enum side side = KERNEL; side < SIDES; side++)
        hang_up_bell(&sleepers[side], twin, loop, side);
    thread_start(THREAD_KERNEL_WAITS, sleep_in, &sleepers[KERNEL]);
    if (thread == THREAD_SELF) {
        thread_start(other, disturb, &disturbance);
        sleep_in(&sleepers[LIBC]);
        good = thread_finish(other);
    } else {
        thread_start(thread, sleep_in, &sleepers[LIBC]);
        good = thread_run(other, disturb, &disturbance);
        thread_finish(thread);
    }
    thread_finish(THREAD_KERNEL_WAITS);
    for (enum side side = KERNEL; side < SIDES; side++) {
        take_down_bell(&sleepers[side]);
        good = good && take_in(&wait, side, &sleepers[side].haul);
    }
    return good && thread_run(thread, agree_after, &wait);
}
