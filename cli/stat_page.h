/* stat_page - another process's counters: its page, checked and copied. */
#ifndef RB_CLI_STAT_PAGE_H
#define RB_CLI_STAT_PAGE_H

#include <stddef.h>

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

/* stat_page_take - check and copy what a process offers as its page.
 *   bytes, size  aligned as a mapping is; no more than sizeof(struct rb_stats_page) of it is looked at. Nothing about
 * the content is trusted, not even that it stays as it is: the writer goes on writing, and may be no Ringback at all.
 *   pid          for the sentence only.
 *   why          STAT_PAGE_WHY_MAX bytes: on failure, what is wrong, a sentence.
 * Returns 0, or -EPROTO for what this version cannot read. All strings in the copy are terminated and printable. */
int stat_page_take(int pid, const void *bytes, size_t size, struct stat_page *page, char *why);

/* stat_page_fail - put a sentence into why. Returns error. */
int stat_page_fail(char *why, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* stat_page_total - one counter, summed over all loops. */
uint64_t stat_page_total(const struct stat_page *page, enum rb_counter counter);

#endif
