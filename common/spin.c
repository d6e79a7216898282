#include "spin.h"

#include <stdatomic.h>

#include "clock.h"
#include "cpus.h"

enum { LOOKS_PER_CLOCK = 8 };

/* Between two looks at the clock no more than this passes, unless another thread was given the processor. */
#define JUMP_NS UINT64_C(50000)

static atomic_uint watchers; /* loops of this process that watch now */

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- who may ---- */

static void delist(struct rb_spin *spin) {
    if (spin->enlisted)
        atomic_fetch_sub_explicit(&watchers, 1, memory_order_relaxed);
    spin->enlisted = false;
}

void rb_spin_end(struct rb_spin *spin) {
    delist(spin);
    spin->odds = (struct rb_odds){0};
}

/* Is there a processor for this loop to watch on? A thread that is cancelled while it watches stays on the list until
 * its ring ends. */
static bool enlist(struct rb_spin *spin, uint64_t at_ns) {
    unsigned spare = rb_cpus_spare(at_ns), others;

    if (!spin->enlisted)
        atomic_fetch_add_explicit(&watchers, 1, memory_order_relaxed);
    spin->enlisted = true;
    others = atomic_load_explicit(&watchers, memory_order_relaxed);
    if (others <= spare)
        return true;
    delist(spin);
    rb_odds_bar(&spin->odds, at_ns);
    return false;
}

static void tell(struct rb_spin *spin, const struct rb_odds_rules *rules, const struct rb_stats_slot *done,
                 uint64_t at_ns) {
    const struct rb_odds_totals totals = {
        .now_ns = at_ns,
        .cpu_ns = rb_clock_ns(CLOCK_THREAD_CPUTIME_ID),
        .delay_ns = rb_cpus_delay_ns(),
        .completions = rb_counted(done, RB_COUNTER_CQES),
        .bytes = rb_counted(done, RB_COUNTER_BYTES_IN) + rb_counted(done, RB_COUNTER_BYTES_OUT),
    };

    rb_odds_told(&spin->odds, rules, &totals);
}

/* ---- watching ---- */

/* Look until there is news or the time is up. News that came while another thread had the processor would have come as
 * soon to a sleeper. */
static enum rb_odds_end watch(struct rb_spin *spin, const struct rb_ring *ring, uint64_t begin_ns, uint64_t bound_ns,
                              bool *news) {
    uint64_t at_ns = begin_ns, before_ns = begin_ns;

    spin->spins++;
    while (!*news && at_ns - begin_ns < bound_ns) {
        for (unsigned i = 0; i < LOOKS_PER_CLOCK && !*news; i++) {
            *news = rb_ring_has_news(ring);
            relax();
        }
        before_ns = at_ns;
        at_ns = rb_now_ns();
    }
    if (at_ns - before_ns > JUMP_NS) {
        spin->spent_ns += before_ns - begin_ns;
        return RB_ODDS_MISS;
    }
    spin->spent_ns += at_ns - begin_ns;
    spin->hits += *news;
    return *news ? RB_ODDS_HIT : RB_ODDS_MISS;
}

/* An enter that does not wait. That it brought nothing says nothing of a signal: the work that was seen made no
 * completion, and the wait goes on. */
static enum rb_enter collect(struct rb_ring *ring) {
    enum rb_enter entered = rb_ring_enter(ring, 0, NULL, NULL);

    return entered == RB_ENTER_OK ? RB_ENTER_BUSY : entered;
}

static uint64_t nanoseconds(const struct timespec *timeout) {
    if (!timeout || timeout->tv_sec > 3600)
        return UINT64_MAX;
    return (uint64_t)timeout->tv_sec * 1000000000u + (uint64_t)timeout->tv_nsec;
}

/* Sleep for what is left of the timeout. */
static enum rb_enter sleep_on(struct rb_ring *ring, const struct timespec *timeout, uint64_t watched_ns) {
    uint64_t limit_ns = nanoseconds(timeout), left_ns;
    struct timespec left;

    if (limit_ns == UINT64_MAX)
        return rb_ring_enter(ring, 1, timeout, NULL);
    left_ns = limit_ns > watched_ns ? limit_ns - watched_ns : 1;
    left = (struct timespec){.tv_sec = (time_t)(left_ns / 1000000000u), .tv_nsec = (long)(left_ns % 1000000000u)};
    return rb_ring_enter(ring, 1, &left, NULL);
}

/* Watch, then sleep if that brought nothing. */
static enum rb_enter watch_and_wait(struct rb_spin *spin, struct rb_ring *ring, uint64_t bound_ns,
                                    const struct timespec *timeout, enum rb_odds_end *end) {
    uint64_t begin_ns, limit_ns = nanoseconds(timeout);
    enum rb_enter entered;
    bool news = false;

    if (rb_ring_unsubmitted(ring) > 0) {
        entered = collect(ring);
        if (entered != RB_ENTER_BUSY || rb_ring_has_news(ring))
            return entered;
    }
    begin_ns = rb_now_ns();
    if (enlist(spin, begin_ns)) {
        *end = watch(spin, ring, begin_ns, bound_ns < limit_ns ? bound_ns : limit_ns, &news);
        delist(spin);
    }
    return news ? collect(ring) : sleep_on(ring, timeout, rb_now_ns() - begin_ns);
}

enum rb_enter rb_spin_wait(struct rb_spin *spin, struct rb_ring *ring, const struct rb_odds_rules *rules,
                           const struct rb_stats_slot *done, const struct timespec *timeout, const sigset_t *mask) {
    enum rb_odds_end end = RB_ODDS_SLEPT;
    enum rb_enter entered;
    uint64_t begin_ns, bound_ns;

    /* The mask takes effect in the kernel only; without the flag each look would be a system call. */
    if (rules->longest_ns == 0 || mask || !ring->sees_taskrun)
        return rb_ring_enter(ring, 1, timeout, mask);
    if (rb_odds_dozing(&spin->odds, rules, rb_clock_ns(CLOCK_MONOTONIC_COARSE)))
        return rb_ring_enter(ring, 1, timeout, NULL);
    begin_ns = rb_now_ns();
    if (rb_odds_due(&spin->odds, rules, begin_ns))
        tell(spin, rules, done, begin_ns);
    if (rb_odds_favour(&spin->odds, rules, begin_ns, &bound_ns))
        entered = watch_and_wait(spin, ring, bound_ns, timeout, &end);
    else
        entered = rb_ring_enter(ring, 1, timeout, NULL);
    rb_odds_waited(&spin->odds, rules, rb_now_ns() - begin_ns, end);
    return entered;
}
