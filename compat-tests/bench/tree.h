/* tree - a build tree of one test's own, with programs that behave badly. */
#ifndef CT_BENCH_TREE_H
#define CT_BENCH_TREE_H

#include <sys/types.h>

/* tree_make - an empty tree with bin/ below the working directory; its absolute path. Static. Once a test. */
const char *tree_make(void);

/* tree_script - bin/NAME, a shell script. $0.pid gets its process id first. */
void tree_script(const char *name, const char *text);

/* tree_link - bin/NAME, a link to a program. */
void tree_link(const char *name, const char *target);

/* tree_script_pid - the process that a script was last started as, 0 if it never was. */
pid_t tree_script_pid(const char *name);

/* tree_remove - take everything away again. */
void tree_remove(void);

#endif
