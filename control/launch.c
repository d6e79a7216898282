/* launch - see launch.h. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void reset_signals(void) {
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL); /* those that are caught go back to their default by themselves */
}

/* Only async-signal-safe calls matter little here: who forks has one thread. */
_Noreturn void launch_exec(const struct launch *launch) {
    if (launch->cpus != NULL) {
        (void)sched_setaffinity(0, sizeof(*launch->cpus), launch->cpus);
    }
    for (const char *const *entry = launch->environment; entry != NULL && *entry != NULL; entry++) {
        (void)putenv((char *)(uintptr_t)*entry);
    }
    if (launch->preload != NULL) {
        (void)setenv("LD_PRELOAD", launch->preload, 1);
    } else {
        (void)unsetenv("LD_PRELOAD");
    }
    const int null = open("/dev/null", O_RDONLY);
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(launch->out, STDOUT_FILENO);
    (void)dup2(launch->error, STDERR_FILENO);
    if (null > STDERR_FILENO) {
        (void)close(null);
    }
    reset_signals();
    (void)execvp(launch->argv[0], (char *const *)(uintptr_t)launch->argv);
    (void)fprintf(stderr, "cannot run %s: %s\n", launch->argv[0], strerror(errno));
    (void)fflush(stderr);
    _exit(LAUNCH_EXIT_CANNOT_RUN);
}
