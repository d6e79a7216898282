/* tree - all processes that descend from one, and what they took so far. */
#ifndef CONTROL_TREE_H
#define CONTROL_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TREE_MAX = 4096 };

/* What a tree took so far. Time: as counter_cpu_ns. */
struct tree_cost {
    uint64_t cpu_ns;   /* of its processes and of the children that these have waited for */
    uint64_t switches; /* context switches of all threads that there are */
    uint64_t peak;     /* bytes: the most that each process had in memory, added up; pages shared count for each */
};

/* tree_pids - the processes that descend from root, without itself and without those that have ended. A process whose
 * parent has ended descends from whoever adopted it, so root should be a subreaper (prctl(2)).
 *   pids  room for max, TREE_MAX is enough
 * Returns how many. */
size_t tree_pids(pid_t root, pid_t *pids, size_t max);

/* tree_cost - of these processes. Those that have ended meanwhile count nothing. */
void tree_cost(struct tree_cost *cost, const pid_t *pids, size_t count);

#endif
