/* idle - what connections cost that are open and silent: the server's CPU time, and memory, its own and the kernel's.
 *
 * Each target by itself, one after the other: the kernel's memory is the machine's as a whole, and whatever else takes
 * or frees memory meanwhile is part of the figure.
 */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include "measure.h"

struct idle_figures {
    double cpu_share;    /* of one CPU, from one second after the last answer to the end of the next second */
    double bytes_own;    /* of the server's resident memory, for each connection */
    double bytes_kernel; /* of the kernel's slab memory, both ends of a connection together */
    double waited_share; /* as measure's, for the second in which CPU time is measured */
};

/* idle_run - connect, have two requests of each connection answered, measure, close. Returns 0, or -errno after the
 * first failure; the target that it happened with says why. */
int idle_run(struct measure_target *targets, struct idle_figures *figures, unsigned count,
             const struct measure_options *options);

#endif
