/* steps - what a case is made of. A step that does not fit the objects there are does nothing, so that any part of a
 * sequence is a sequence. */
#ifndef STEPS_H
#define STEPS_H

#include <stdint.h>
#include <stdio.h>

#include "twin.h"

enum action {
    STEP_MAKE,
    STEP_CTL,
    STEP_WAIT,
    STEP_READ,
    STEP_WRITE,
    STEP_SHUTDOWN,
    STEP_CLOSE,
    STEP_RESET,
    STEP_DUP,
    STEP_DUP_ONTO,
    STEP_ACCEPT,
    STEP_CONNECT,
    STEP_FIONREAD,
    STEP_POLL,
    STEP_SO_ERROR,
    STEP_TIMER,
    STEP_ACTIONS, /* from here on only with --more, so that seeds without it keep their meaning */
    STEP_NEST = STEP_ACTIONS,
    STEP_POLL_LOOP,
    STEP_FORK,
};

struct step {
    uint8_t action;
    uint8_t slot, other, loop;
    uint8_t thread;    /* which one does it */
    uint8_t meanwhile; /* STEP_WAIT: the next step is done by another thread while this one waits */
    uint32_t choice;   /* a kind, an epoll_ctl operation, a call number, a direction, an enum fork_kind */
    uint32_t size;     /* bytes, events or a timeout in milliseconds */
    uint32_t flags;
};

/* What one case does often, seldom and never: each seed explores a corner of its own. */
struct taste {
    uint64_t random;
    unsigned weight[STEP_ACTIONS];
    uint32_t events; /* bits beyond IN and OUT that interests may have */
    uint32_t kinds;  /* one bit for each enum kind */
    unsigned loops;
    bool urgent;
    bool ahead;
    /* With --more; shares are percentages, `home` is the thread that waits on a loop, THREADS_FOR_STEPS: any. */
    uint8_t elsewhere, meanwhile, forks, nests;
    uint8_t home[LOOPS];
};

uint64_t step_random(uint64_t *state);
void step_taste(struct taste *taste, uint64_t seed, bool ahead);

/* step_choose - a step that fits what there is. */
struct step step_choose(struct taste *taste, struct twin *twin);

/* more_taste, more_choose - the same with threads, forks and loops in loops. after  the step before if it waits
 * meanwhile, or NULL. */
void more_taste(struct taste *taste, uint64_t seed, bool ahead);
struct step more_choose(struct taste *taste, struct twin *twin, const struct step *after);

/* step_fits_meanwhile - whether `step` can be done while `waiting`, which says so, waits. */
bool step_fits_meanwhile(const struct step *waiting, const struct step *step);

/* step_apply - on both sides. `token` is the step's number. Returns false for a difference. */
bool step_apply(struct twin *twin, const struct step *step, unsigned token);

/* steps_apply - steps[0] by its thread, with steps[1] if that is done meanwhile; `count` there are. `leaving` is called
 * in a process that ends and leaves the case to its child. Sets *used to the steps that were done. */
bool steps_apply(struct twin *twin, const struct step *steps, unsigned count, unsigned token, void (*leaving)(void),
                 unsigned *used);

void step_print(FILE *to, unsigned number, const struct step *step);

#endif
