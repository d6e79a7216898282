/* group - a control group of our own, where one can be made: it counts its processes' time exactly, those that have
 * ended included, and ends all of them at once. Version 2 only; without controllers, which cost the processes time. */
#ifndef CONTROL_GROUP_H
#define CONTROL_GROUP_H

#include <stdint.h>

enum { GROUP_PATH_MAX = 1200 };

struct group {
    char directory[GROUP_PATH_MAX]; /* "": there is none */
};

/* group_make - a group below our own.
 *   name  no other group's
 * Returns 0 or -errno, and then there is none: we may not, or the machine has no such groups. */
int group_make(struct group *group, const char *name);

/* group_join - move the calling process, and with it all that it will start, into the group. Returns 0 or -errno. */
int group_join(const struct group *group);

/* group_cpu_ns - processor time of all that ever ran in the group. Returns 0 or -errno. */
int group_cpu_ns(const struct group *group, uint64_t *ns);

/* group_kill - end everything in the group (SIGKILL). Returns 0 or -errno: the kernel cannot (before 5.14). */
int group_kill(const struct group *group);

/* group_remove - once nothing runs in it. Does nothing when there is none. */
void group_remove(struct group *group);

#endif
