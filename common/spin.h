/* spin - before a loop sleeps, it may watch the completion queue for a short while: on virtual machines falling asleep
 * and waking up can cost more processor time than the watching, and always costs time. Where that pays is for odds to
 * say, where there is a processor to spare for cpus. */
#ifndef RB_SPIN_H
#define RB_SPIN_H

#include <signal.h>
#include <time.h>

#include "odds.h"
#include "ring.h"
#include "stats.h"

struct rb_spin {
    struct rb_odds odds;
    bool enlisted;                  /* one of the process's loops that watch now */
    uint64_t spins, hits, spent_ns; /* since the loop's statistics were last told */
};

/* rb_spin_wait - rb_ring_enter()'s contract for one completion, watching first where that is likely to pay.
 *   done  the loop's counters, which tell the work that it has done. Owner thread. */
enum rb_enter rb_spin_wait(struct rb_spin *spin, struct rb_ring *ring, const struct rb_odds_rules *rules,
                           const struct rb_stats_slot *done, const struct timespec *timeout, const sigset_t *mask);

/* rb_spin_end - the ring ends: nothing of what was learnt holds for the next, maybe another thread's. Nobody waits. */
void rb_spin_end(struct rb_spin *spin);

#endif
