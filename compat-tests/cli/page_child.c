#include "page_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "stats.h"

void page_child_inherits(void) {
    CHECK(rb_stats_page()->pid != getpid());
}

pid_t page_child_start(void (*prepare)(void), void (*go_on)(void)) {
    int ready[2];
    char byte;
    pid_t child;

    CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
    child = CHECK_FD(fork());
    if (child == 0) {
        check_child(60);
        CHECK_INT(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
        if (prepare != page_child_inherits)
            rb_stats_forked();
        prepare();
        CHECK_INT(write(ready[1], "x", 1), 1);
        for (;;) {
            if (go_on != NULL)
                go_on();
            else
                pause();
        }
    }
    close(ready[1]);
    CHECK_INT(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

void page_child_kill(pid_t child) {
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
}
