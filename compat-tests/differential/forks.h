/* forks - children of the process under test. Both sides' descriptors are in them. */
#ifndef FORKS_H
#define FORKS_H

#include "steps.h"

/* A STEP_FORK's choice. */
enum fork_kind {
    FORK_LEAVE, /* the child ends at once */
    FORK_WORLD, /* the child makes a loop and a pair of its own; flags: and waits on the loops that it got */
    FORK_TALK,  /* the child writes `size` bytes to the slot; flags: reads from it first */
    FORK_SPAWN, /* another program is started, with every descriptor */
    FORK_GO_ON, /* the parent ends, and the child goes on with the case, as daemon() does */
    FORK_KINDS
};

enum { FORK_HANDED_ON = 11 }; /* the exit status of a parent whose child goes on */

/* fork_apply - Returns false for a difference, in a child or between the sides. In FORK_GO_ON it is the child that
 * returns, once its parent is gone; it is the only thread then. Calls `leaving` in the parent before that ends. */
bool fork_apply(struct twin *twin, const struct step *step, void (*leaving)(void));

#endif
