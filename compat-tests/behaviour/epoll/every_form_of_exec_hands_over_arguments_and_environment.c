/* Guards: a form of exec that loses an argument or the environment, searches where it should not, or does not come back
 * with the error. Each is called in a child that has a loop, whose ring goes before the program comes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "epoll_loop.h"
#include "net.h"

enum form { EXECV, EXECVE, EXECVP, EXECVPE, EXECL, EXECLP, EXECLE, FEXECVE, FORMS };

/* The shell sees what it was given: two arguments, one of them empty, and one variable. */
#define SCRIPT "test $# = 2 && test \"$1\" = one && test -z \"$2\" && test \"$GIVEN\" = yes"
#define WORDS  "sh", "-c", SCRIPT, "sh", "one", ""

static char *const arguments[] = {WORDS, NULL};
static char *const environment[] = {"GIVEN=yes", NULL};

static bool takes_environment(enum form form) {
    return form == EXECVE || form == EXECVPE || form == EXECLE || form == FEXECVE;
}

static void start(enum form form) {
    const char path[] = "/bin/sh", name[] = "sh";

    switch (form) {
    case EXECV:
        execv(path, arguments);
        break;
    case EXECVE:
        execve(path, arguments, environment);
        break;
    case EXECVP:
        execvp(name, arguments);
        break;
    case EXECVPE:
        execvpe(name, arguments, environment);
        break;
    case EXECL:
        execl(path, WORDS, (char *)NULL);
        break;
    case EXECLP:
        execlp(name, WORDS, (char *)NULL);
        break;
    case EXECLE:
        execle(path, WORDS, (char *)NULL, environment);
        break;
    case FEXECVE:
        fexecve(CHECK_FD(open(path, O_RDONLY | O_CLOEXEC)), arguments, environment);
        break;
    case FORMS:
        break;
    }
}

static void fail(void) {
    CHECK_ERRNO(execl("/nowhere/sh", "sh", (char *)NULL), ENOENT);
    CHECK_ERRNO(execlp("nobody-has-a-program-of-this-name", "sh", (char *)NULL), ENOENT);
    CHECK_ERRNO(execle("sh/", "sh", (char *)NULL, environment), ENOENT);
}

int main(void) {
    int ep, ours, peer;

    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 0);
    fail();
    for (int form = EXECV; form < FORMS; form++) {
        pid_t child = CHECK_FD(fork());
        if (child == 0) {
            check_child(10);
            EPL_NOTHING(ep, 0);
            if (!takes_environment((enum form)form))
                CHECK_INT(setenv("GIVEN", "yes", 1), 0);
            start((enum form)form);
            _exit(99);
        }
        check_child_passed(child);
    }
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
