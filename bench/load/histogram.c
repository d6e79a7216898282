/* histogram - see histogram.h. */
#include "histogram.h"

static unsigned bucket_of(uint64_t ns) {
    const uint64_t largest = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;
    if (ns > largest) {
        ns = largest;
    }
    if (ns < HISTOGRAM_STEPS) {
        return (unsigned)ns;
    }
    /* The doubling that ns falls into, then its leading bits within it. */
    const unsigned shift = 63U - (unsigned)__builtin_clzll(ns) - HISTOGRAM_STEP_BITS;
    return (shift + 1) * HISTOGRAM_STEPS + (unsigned)((ns >> shift) - HISTOGRAM_STEPS);
}

/* The middle of a bucket. */
static double bucket_ns(unsigned bucket) {
    if (bucket < HISTOGRAM_STEPS) {
        return bucket;
    }
    const unsigned shift = bucket / HISTOGRAM_STEPS - 1;
    const uint64_t low = (uint64_t)(bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << shift;
    return (double)low + (double)(UINT64_C(1) << shift) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t ns) {
    histogram->count++;
    histogram->bucket[bucket_of(ns)]++;
    if (ns > histogram->max_ns) {
        histogram->max_ns = ns;
    }
}

double histogram_quantile_us(const struct histogram *histogram, double share) {
    const double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen > 0 && (double)seen >= wanted) {
            return bucket_ns(i) / 1000;
        }
    }
    return 0;
}
