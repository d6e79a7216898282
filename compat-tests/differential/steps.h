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
    STEP_ACTIONS
};

struct step {
    uint8_t action;
    uint8_t slot, other, loop;
    uint32_t choice; /* a kind, an epoll_ctl operation, a call number, a direction */
    uint32_t size;   /* bytes, events or a timeout in milliseconds */
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
};

uint64_t step_random(uint64_t *state);
void step_taste(struct taste *taste, uint64_t seed, bool ahead);

/* step_choose - a step that fits what there is. */
struct step step_choose(struct taste *taste, struct twin *twin);

/* step_apply - on both sides. `token` is the step's number. Returns false for a difference. */
bool step_apply(struct twin *twin, const struct step *step, unsigned token);

void step_print(FILE *to, unsigned number, const struct step *step);

#endif
