/* latency - which points of the distribution of latencies are told: from the load, through the comparison's figures, to
 * its page. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

enum { LATENCY_POINTS = 16 };

/* latency_share - by number of the point (below LATENCY_POINTS): the share of all requests, 0 to 1, that took no longer
 * than the figure told. Rising; the median, p90, p99 and p99.9 are among them. */
double latency_share(unsigned point);

#endif
