/* clock - the two readings of time that the core goes by. */
#ifndef RB_CLOCK_H
#define RB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* rb_clock_ns - a clock of clock_gettime(2) in nanoseconds. */
static inline uint64_t rb_clock_ns(clockid_t clock) {
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* rb_now_ns - CLOCK_MONOTONIC. */
static inline uint64_t rb_now_ns(void) {
    return rb_clock_ns(CLOCK_MONOTONIC);
}

/* rb_now_ms - cheaper, and some milliseconds behind: CLOCK_MONOTONIC_COARSE. */
static inline uint64_t rb_now_ms(void) {
    return rb_clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000u;
}

#endif
