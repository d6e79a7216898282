/* kept - a program and everything that descends from it, wherever that goes: nothing of it is left behind.
 *
 * Between us and the program stands a keeper, a process of its own. It adopts whatever the program's processes leave
 * (a daemon that forks twice, workers whose master has died), notes what the ended ones took, and ends all of them when
 * it is told to or when we are gone, however we went.
 */
#ifndef CONTROL_KEPT_H
#define CONTROL_KEPT_H

#include "group.h"
#include "launch.h"
#include "tree.h"

#include <stdint.h>
#include <sys/types.h>

struct kept_notes;

struct kept {
    pid_t keeper;             /* 0: it has ended, and everything with it */
    struct kept_notes *notes; /* shared with the keeper */
    struct group group;
};

enum kept_state {
    KEPT_RUNNING, /* the program itself */
    KEPT_ORPHANS, /* it has ended, and processes that it started have not: a daemon, for one */
    KEPT_ENDED    /* nothing is left */
};

/* kept_start - run a program.
 *   group  the name of a control group to put it in, where one can be made; NULL: none is wanted
 * Returns 0 or -errno. kept_stop has to be called in any case. */
int kept_start(struct kept *kept, const struct launch *launch, const char *group);

/* kept_state - as things stand.
 *   status  gets the program's wait status unless it is running; may be NULL */
enum kept_state kept_state(struct kept *kept, int *status);

/* kept_pids - the processes that there are. As tree_pids. */
size_t kept_pids(const struct kept *kept, pid_t *pids, size_t max);

/* kept_seconds - how long the program itself ran, once it has ended. */
double kept_seconds(const struct kept *kept);

/* kept_cost - what all of it took so far, the processes that have ended included; of these, context switches only
 * where the keeper itself has waited for them. peak is the present processes', or one ended process's if that is more.
 */
void kept_cost(const struct kept *kept, struct tree_cost *cost);

/* kept_stop - ask the program to end (SIGTERM), whoever is left after it likewise, end with SIGKILL what has not ended
 * by grace_ms, and give everything back. Does nothing more for one that has ended. */
void kept_stop(struct kept *kept, unsigned grace_ms);

#endif
