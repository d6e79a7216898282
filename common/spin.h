/* spin - before a loop sleeps, it may watch the completion queue for a short while: on virtual machines falling asleep
 * and waking up cost more processor time than the watching. It pays only where completions follow closely, so it is
 * done only while they do. */
#ifndef RB_SPIN_H
#define RB_SPIN_H

#include <signal.h>
#include <time.h>

#include "ring.h"

struct rb_spin {
    uint64_t gap_ns;         /* running mean of how long the last waits lasted */
    uint64_t hits, spent_ns; /* since the loop's statistics were last told */
};

/* rb_spin_wait - rb_ring_enter()'s contract for one completion, watching first where that is likely to pay.
 *   longest_ns  watch no longer than this; 0 never watches. Owner thread. */
enum rb_enter rb_spin_wait(struct rb_spin *spin, struct rb_ring *ring, uint64_t longest_ns,
                           const struct timespec *timeout, const sigset_t *mask);

#endif
