/* stat_page - another process's counters, found and checked. */
#ifndef RB_CLI_STAT_PAGE_H
#define RB_CLI_STAT_PAGE_H

#include "stats.h"

enum { STAT_PAGE_WHY_MAX = 256 };

/* A page as it stood at one moment. The writer may be of another version, with fewer or more counters. */
struct stat_page {
    struct rb_stats_page copy;
    unsigned counters;  /* how many of the writer's counters have a name here */
    unsigned fallbacks; /* likewise */
    unsigned unnamed;   /* counters and fallbacks of the writer that have no name here */
    unsigned loops;     /* slots that the writer has and this program can read */
};

/* stat_page_read - find the page of a process, check it and copy it.
 *   why  STAT_PAGE_WHY_MAX bytes: on failure, what is wrong and what to do, a sentence.
 * Returns 0; -ESRCH no such process, -EACCES it is somebody else's, -ENOENT it has no page, -EPROTO its page cannot be
 * read by this version. All strings in the copy are terminated and printable. */
int stat_page_read(int pid, struct stat_page *page, char *why);

/* stat_page_total - one counter, summed over all loops. */
uint64_t stat_page_total(const struct stat_page *page, enum rb_counter counter);

#endif
