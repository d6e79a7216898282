#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "compare.h"

enum { EVENTS = 64, SEEN_MOST = 128 };
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

static bool ask(struct wait *wait, enum side side, int timeout_ms) {
    struct epoll_event events[EVENTS];
    long n;

    /* The kernel ends a closed ring with a task work that interrupts whatever its thread waits in next. */
    do
        n = side_call(side, SYS_epoll_pwait, wait->twin->loops[wait->loop][side], (long)events, EVENTS, timeout_ms);
    while (n == -EINTR);
    for (int i = 0; i < wait->count; i++)
        wait->seen[i].level[side] = 0;
    if (n < 0)
        return compare_differs("loop %u: side %d waits with %ld", wait->loop, side, n);
    for (long i = 0; i < n; i++)
        if (!note(wait, side, &events[i]))
            return false;
    return true;
}

/* Does the kernel's own twin say that these events hold now? */
static bool holds(const struct twin *twin, const struct registration *registration, uint32_t events) {
    struct pollfd poll = {.events = (short)(events & 0xffff)};

    if (registration->slot < 0 || twin_is_free(twin, (unsigned)registration->slot))
        return false;
    poll.fd = twin->slots[registration->slot].fd[KERNEL];
    side_call(KERNEL, SYS_ppoll, (long)&poll, 1, 0, 0);
    return (events & ~(uint32_t)(unsigned short)poll.revents) == 0;
}

static bool agrees(const struct twin *twin, const struct seen *seen) {
    const struct registration *registration = &twin->registered[seen->token];
    uint32_t extra;

    if (!(registration->events & ONCE))
        return seen->level[KERNEL] == seen->level[LIBC];
    if (registration->events & EPOLLONESHOT)
        return seen->once[KERNEL] == seen->once[LIBC] && seen->times[KERNEL] == seen->times[LIBC];
    extra = seen->once[LIBC] & ~seen->once[KERNEL];
    return (seen->once[KERNEL] & ~seen->once[LIBC]) == 0 && (extra == 0 || holds(twin, registration, extra));
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

bool compare_wait(struct twin *twin, unsigned loop, int timeout_ms) {
    struct wait wait = {.twin = twin, .loop = loop};
    double end = 0;

    for (int round = 0;; round++) {
        if (!ask(&wait, KERNEL, timeout_ms) || !ask(&wait, LIBC, timeout_ms))
            return false;
        if (all_agree(&wait))
            return true;
        if (round == 0)
            end = now_ms() + ROUNDS_MS;
        else if (now_ms() > end)
            return describe(&wait);
        /* With nothing to tell both need a little time; with something, asking is enough. */
        timeout_ms = round & 1;
        if (round > 2)
            nap();
    }
}
