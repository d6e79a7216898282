/* stat_source - the page of a running process, found by its name among the descriptors of that process, and held open
 * to be read again and again; once more after the process has ended. */
#ifndef RB_CLI_STAT_SOURCE_H
#define RB_CLI_STAT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "stat_fds.h"
#include "stat_page.h"

struct stat_source {
    int pid;
    int fd;       /* the memory file, -1 when there is none */
    int number;   /* what the process calls it */
    off_t length; /* of the file, which is sealed */
    void *map;    /* the page; the words behind it are read */
};

/* stat_source_open - find the page of a process.
 *   why  STAT_PAGE_WHY_MAX bytes: on failure, what is wrong and what to do, a sentence.
 * Returns 0; -ESRCH no such process, -EACCES it is somebody else's, -ENOENT it has no page, -EPROTO its page cannot be
 * read by this version. Does not wait for the other process, whatever it has put in its page's place. */
int stat_source_open(struct stat_source *source, int pid, char *why);

/* stat_source_take - the page as it stands now. Returns 0 or -EPROTO with a sentence in why. */
int stat_source_take(const struct stat_source *source, struct stat_page *page, char *why);

/* stat_source_take_fds - the descriptors that the loops of *page watch, into *fds. Returns 0 or -errno; none where the
 * process has no words for them. */
int stat_source_take_fds(const struct stat_source *source, const struct stat_page *page, struct stat_fds *fds);

/* stat_source_is_current - the process still has this page: it lives, and has executed no other program. */
bool stat_source_is_current(const struct stat_source *source);

void stat_source_close(struct stat_source *source);

/* stat_source_exists - whether a process has something that looks like a page; asks no more than that. */
bool stat_source_exists(int pid);

#endif
