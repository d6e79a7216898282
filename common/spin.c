#include "spin.h"

enum { MEAN_OF = 8, LOOKS_PER_CLOCK = 32, LONG_GAPS = 16 };

static uint64_t now_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* One long silence is enough to fall silent too; a few short ones are needed to begin again. */
static void learn(struct rb_spin *spin, uint64_t gap_ns, uint64_t longest_ns) {
    if (gap_ns > LONG_GAPS * longest_ns)
        gap_ns = LONG_GAPS * longest_ns;
    spin->gap_ns += gap_ns / MEAN_OF - spin->gap_ns / MEAN_OF;
}

/* Look until there is news or the time is up. Returns whether there is. */
static bool watch(struct rb_spin *spin, const struct rb_ring *ring, uint64_t begin_ns, uint64_t longest_ns) {
    uint64_t at_ns = begin_ns;
    bool news = false;

    while (!news && at_ns - begin_ns < longest_ns) {
        for (unsigned i = 0; i < LOOKS_PER_CLOCK && !news; i++) {
            news = rb_ring_has_news(ring);
            relax();
        }
        at_ns = now_ns();
    }
    spin->spent_ns += at_ns - begin_ns;
    spin->hits += news;
    return news;
}

static uint64_t bounded(uint64_t longest_ns, const struct timespec *timeout) {
    uint64_t limit_ns;

    if (!timeout || timeout->tv_sec > 0)
        return longest_ns;
    limit_ns = (uint64_t)timeout->tv_nsec;
    return limit_ns < longest_ns ? limit_ns : longest_ns;
}

/* An enter that does not wait. That it brought nothing says nothing of a signal: the work that was seen made no
 * completion, and the wait goes on. */
static enum rb_enter collect(struct rb_ring *ring) {
    enum rb_enter entered = rb_ring_enter(ring, 0, NULL, NULL);

    return entered == RB_ENTER_OK ? RB_ENTER_BUSY : entered;
}

enum rb_enter rb_spin_wait(struct rb_spin *spin, struct rb_ring *ring, uint64_t longest_ns,
                           const struct timespec *timeout, const sigset_t *mask) {
    enum rb_enter entered;
    uint64_t begin_ns;

    /* The mask takes effect in the kernel only; without the flag each look would be a system call. */
    if (longest_ns == 0 || mask || !ring->sees_taskrun)
        return rb_ring_enter(ring, 1, timeout, mask);
    begin_ns = now_ns();
    if (spin->gap_ns > longest_ns) {
        entered = rb_ring_enter(ring, 1, timeout, NULL);
    } else {
        if (rb_ring_unsubmitted(ring) > 0) {
            entered = collect(ring);
            if (entered != RB_ENTER_BUSY || rb_ring_has_news(ring))
                return entered;
        }
        if (watch(spin, ring, begin_ns, bounded(longest_ns, timeout)))
            entered = collect(ring);
        else
            entered = rb_ring_enter(ring, 1, timeout, NULL);
    }
    learn(spin, now_ns() - begin_ns, longest_ns);
    return entered;
}
