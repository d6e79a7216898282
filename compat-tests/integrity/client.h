/* client - many connections to an echo server that check every byte; plain poll(2), nothing of Ringback.
 *
 * What each connection does follows from the seed alone: how much it sends, in which pieces, whether it reads slowly,
 * and how it ends. When things happen on the network does not, so a replay may need a few runs.
 */
#ifndef INTEGRITY_CLIENT_H
#define INTEGRITY_CLIENT_H

#include <stdint.h>

struct client_plan {
    uint16_t port;
    uint64_t seed;
    unsigned connections; /* at the same time, 1..1000 */
    unsigned waves;       /* so many times, one after the other: descriptor numbers are used again */
    uint64_t largest;     /* bytes of the largest connection of the first wave; later ones are smaller */
};

struct client_result {
    uint64_t bytes;                            /* received and checked */
    unsigned half_closed, closed, reset, slow; /* connections of each kind */
};

/* client_run - run the plan; the first wrong byte, early end or unexpected error fails the test. */
struct client_result client_run(const struct client_plan *plan);

#endif
