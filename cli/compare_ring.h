/* compare_ring - whether it was the ring that carried a server under load: what the stat pages of its processes say. */
#ifndef RB_CLI_COMPARE_RING_H
#define RB_CLI_COMPARE_RING_H

#include "compare.h"
#include "kept.h"

/* compare_ring_take - the pages as they stand, of all processes of the server. used is whether a ring was entered since
 * `before`, which is what was taken before the load. */
void compare_ring_take(struct compare_ring *ring, const struct kept *server, const struct compare_ring *before);

/* compare_ring_carried - what the ring did for the server: "readiness, receives, sends", at least 64 bytes. */
void compare_ring_carried(const struct compare_ring *ring, char *text, size_t size);

#endif
