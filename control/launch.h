/* launch - what a process that was just forked does to become a program. */
#ifndef CONTROL_LAUNCH_H
#define CONTROL_LAUNCH_H

#include <sched.h>

/* What becomes of a program that cannot be run; it says why on its standard error. */
enum { LAUNCH_EXIT_CANNOT_RUN = 127 };

struct launch {
    const char *const *argv;        /* ends with NULL; argv[0] is a path or a name found by PATH */
    const char *const *environment; /* "NAME=value" to be set, ends with NULL; NULL: nothing */
    const char *preload;            /* its LD_PRELOAD; NULL: it gets none, whatever our own is */
    const cpu_set_t *cpus;          /* the CPUs that it is kept on; NULL: where we may run */
    int out;                        /* its standard output */
    int error;                      /* its standard error; its standard input is empty */
};

/* launch_exec - never returns. Signals are as they are by default, and none is blocked, whatever our own do. */
_Noreturn void launch_exec(const struct launch *launch);

#endif
