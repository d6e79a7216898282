/* histogram - latencies in log-linear buckets: 64 to each doubling, so a value is known to 1.6% at any size. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEP_BITS = 6, HISTOGRAM_VALUE_BITS = 42, HISTOGRAM_STEPS = 1 << HISTOGRAM_STEP_BITS };
enum { HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS };

struct histogram {
    uint64_t count;
    uint64_t max_ns;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

/* histogram_add - count one latency, nanoseconds. Anything over an hour lands in the last bucket. */
void histogram_add(struct histogram *histogram, uint64_t ns);

/* histogram_quantile_us - the latency that a share (0 .. 1) of all requests did not exceed, microseconds; 0 if empty.
 */
double histogram_quantile_us(const struct histogram *histogram, double share);

#endif
