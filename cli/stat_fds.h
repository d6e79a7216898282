/* stat_fds - the descriptors that another process's loops watch, taken out of the words of its page. */
#ifndef RB_CLI_STAT_FDS_H
#define RB_CLI_STAT_FDS_H

#include "fdstate.h"
#include "stat_page.h"

struct stat_fd {
    int fd;
    struct rb_fdstate state; /* of a loop that the page has now; way is not RB_WAY_NONE */
    uint32_t inode;          /* of a socket, once somebody has looked; else 0 */
};

/* A list that grows; start with {0}. */
struct stat_fds {
    struct stat_fd *list;
    unsigned count, room;
};

/* stat_fds_add - take in the words of `count` descriptors from `first` on. Words of loops that are gone are left out.
 * Nothing about the words is trusted. Returns 0 or -ENOMEM. */
int stat_fds_add(struct stat_fds *fds, const struct stat_page *page, int first, const uint32_t *words, unsigned count);

void stat_fds_free(struct stat_fds *fds);

/* How many descriptors are carried in one way, for one reason. */
struct stat_kind {
    unsigned way, why;
    bool sends;
    unsigned count;
};

enum { STAT_KINDS_MAX = 64 };

/* stat_fds_kinds - sum them up, the most first. kinds  STAT_KINDS_MAX of them. Returns how many there are. */
unsigned stat_fds_kinds(const struct stat_fds *fds, struct stat_kind *kinds);

#endif
