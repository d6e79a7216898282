/* plan - what is injected at which class of points, and what the server's clients may notice of it. */
#ifndef FAULTS_PLAN_H
#define FAULTS_PLAN_H

#include "point.h"

/* Which connections may end early. None may get a wrong byte, and none may hang. */
enum plan_loss {
    PLAN_NONE,
    PLAN_BLOCKED, /* one whose bytes the kernel had taken in part: how many, nobody can tell any more */
    PLAN_ANY,     /* epoll would have told the program of this error, too */
    PLAN_PAUSE    /* likewise; memcached then accepts nobody until a connection ends, for ever if there is none: its own
                     way, also on epoll, and not tried with it */
};

struct plan_row {
    enum point point;
    const char *effect; /* as in RB_FAULT */
    enum plan_loss loss;
};

/* plan_rows - all of them; *count how many. */
const struct plan_row *plan_rows(unsigned *count);

/* plan_point_name - as in RB_FAULT. */
const char *plan_point_name(enum point point);

/* plan_point_named - POINT_COUNT if there is none. */
enum point plan_point_named(const char *name);

/* plan_loss_of - that of the row; PLAN_NONE for effects that are not in the table. */
enum plan_loss plan_loss_of(enum point point, const char *effect);

#endif
