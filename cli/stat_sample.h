/* stat_sample - everything that is to be known of a process at one moment, and what changed between two. */
#ifndef RB_CLI_STAT_SAMPLE_H
#define RB_CLI_STAT_SAMPLE_H

#include "stat_fds.h"
#include "stat_page.h"
#include "stat_sockets.h"
#include "stat_source.h"

/* Start with {0}; taken again and again. */
struct stat_sample {
    double at_s; /* by a clock that only goes forward */
    struct stat_page page;
    struct stat_fds fds;
    struct stat_sockets sockets; /* in the process's network; none where that may not be looked into */
};

/* stat_sample_take - as things are now.
 *   netlink  of stat_sockets_open(), or negative.
 * Returns 0, or -errno with a sentence in why (STAT_PAGE_WHY_MAX bytes). */
int stat_sample_take(struct stat_sample *sample, const struct stat_source *source, int netlink, char *why);

void stat_sample_free(struct stat_sample *sample);

/* One descriptor, with what is known of it from outside. */
struct stat_row {
    const struct stat_fd *fd;
    const struct stat_socket *socket; /* NULL: unknown, or no TCP or UDP socket */
    double in_s, out_s;               /* bytes a second */
    bool rated;                       /* both samples know its socket */
};

/* stat_sample_rows - one row a descriptor, the busiest first (those within a factor of two are equals, so that rows
 * keep their places), among equals what the ring carries least. before  an earlier sample of the same process, or NULL:
 * no rates. Returns an array of now->fds.count rows to free(), which point into *now; NULL without memory, or if there
 * are none.
 */
struct stat_row *stat_sample_rows(const struct stat_sample *now, const struct stat_sample *before);

/* stat_sample_what - what a descriptor is: its addresses, or the kind of file. Printable.
 *   brief  of a connection its peer's address alone
 *   size   at least 160 */
void stat_sample_what(int pid, const struct stat_row *row, bool brief, char *out, unsigned size);

#endif
