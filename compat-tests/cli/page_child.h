/* page_child - a process with a page of counters, for `ringback stat` to look at. */
#ifndef CT_CLI_PAGE_CHILD_H
#define CT_CLI_PAGE_CHILD_H

#include <sys/types.h>

/* page_child_start - fork a child that calls prepare() and then go_on() again and again, until it is killed. Returns
 * when it is prepared. prepare  has rb_stats_forked() called before; page_child_inherits: not go_on    NULL: it sleeps
 */
pid_t page_child_start(void (*prepare)(void), void (*go_on)(void));

/* page_child_inherits - a prepare that leaves the child with its parent's page, as one is made without fork()'s
 * handlers.
 */
void page_child_inherits(void);

/* page_child_kill - with SIGKILL, and wait for it. */
void page_child_kill(pid_t child);

#endif
