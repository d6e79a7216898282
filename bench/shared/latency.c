/* latency - see latency.h. */
#include "latency.h"

#include <assert.h>

/* Closer together towards the end, where the curves part. */
static const double shares[] = {0.01, 0.1,   0.25, 0.4,   0.5,    0.6,   0.75,   0.9,
                                0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999};
static_assert(sizeof(shares) / sizeof(shares[0]) == LATENCY_POINTS, "a point without a share");

double latency_share(unsigned point) {
    return shares[point];
}
