/* carried - whether the ring carried the loops: a case that fell back to epoll proves nothing. */
#ifndef CARRIED_H
#define CARRIED_H

#include <stdint.h>

#include "twin.h"

/* Sums over cases and processes. */
struct carried {
    uint64_t loops;   /* that waited, were not watched from outside and did not go from thread to thread */
    uint64_t on_ring; /* of these, carried by the ring at the end of their case */
    uint64_t counters[4];
};

/* carried_count_loops - at the end of a case, before its loops are closed. */
void carried_count_loops(struct carried *carried, const struct twin *twin);

/* carried_count_process - what the ring has done, at the end of a process. */
void carried_count_process(struct carried *carried);

/* carried_print - one line. */
void carried_print(const struct carried *carried);

#endif
