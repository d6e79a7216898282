/* child - a program under control of a comparison: pinned, in a process group of its own, never left behind.
 *
 * A child dies with its parent (PR_SET_PDEATHSIG) and is ended by its process id only. SIGINT and SIGTERM to the
 * comparison end every wait here with -EINTR, so that callers unwind and end their children on the way.
 */
#ifndef CONTROL_CHILD_H
#define CONTROL_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CHILD_CPU_ANY = -1, CHILD_SAID_MAX = 512 };

struct child {
    pid_t pid; /* 0: not running */
    int out;   /* its standard output */
    int said;  /* a memory file that takes its standard error */
};

/* child_catch_signals - from here on SIGINT and SIGTERM end waits with -EINTR instead of the process. */
void child_catch_signals(void);

/* child_start - run a program.
 *   argv     ends with NULL; argv[0] is a path or a name found by PATH
 *   preload  the value of its LD_PRELOAD, or NULL: it gets none, whatever our own is
 *   cpu      the CPU that it is kept on, or CHILD_CPU_ANY
 * Returns 0 or -errno. A program that cannot be run ends at once with status 127 and says why. The caller ends it with
 * child_stop. */
int child_start(struct child *child, const char *const *argv, const char *preload, int cpu);

/* child_findable - whether child_start would find a program by PATH. */
bool child_findable(const char *program);

/* child_read - the child's output up to the first '\n' (line) or up to its end (!line), ended by '\0'.
 * Returns 0, -ETIMEDOUT, -EINTR, -EPIPE when it ended first (line only), -EMSGSIZE or another -errno. */
int child_read(const struct child *child, bool line, char *text, size_t size, unsigned timeout_ms);

/* child_running - whether it has not ended by itself, not even within the next grace_ms. */
bool child_running(const struct child *child, unsigned grace_ms);

/* child_stop - ask it to end (SIGTERM), make it end if it does not, and give its descriptors back.
 *   said  gets the end of what it wrote to its standard error; CHILD_SAID_MAX bytes; may be NULL
 * Returns its wait status; 0 if it was not running. */
int child_stop(struct child *child, char *said);

/* child_wait - as child_stop, but lets it end by itself first, for as long as grace_ms. */
int child_wait(struct child *child, char *said, unsigned grace_ms);

/* child_interrupted - the last one of SIGINT, SIGTERM and SIGHUP that came; 0 if none did. */
int child_interrupted(void);

#endif
