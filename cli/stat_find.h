/* stat_find - the page of a running process, found by its name among the descriptors of that process. */
#ifndef RB_CLI_STAT_FIND_H
#define RB_CLI_STAT_FIND_H

#include "stat_page.h"

/* stat_find_page - find the page of a process and take it.
 *   why  STAT_PAGE_WHY_MAX bytes: on failure, what is wrong and what to do, a sentence.
 * Returns 0; -ESRCH no such process, -EACCES it is somebody else's, -ENOENT it has no page, -EPROTO its page cannot be
 * read by this version. Does not wait for the other process, whatever it has put in its page's place. */
int stat_find_page(int pid, struct stat_page *page, char *why);

#endif
