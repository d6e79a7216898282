/* A loop that goes from its ring to epoll is not interrupted by that, but by signals as ever. Guards against the EINTR
 * of an epoll_wait that the kernel interrupts some milliseconds after a ring has ended. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 4, WAIT_MS = 70, SIGNAL_MS = 10 };

static volatile sig_atomic_t handled;

static void handle(int number) {
    (void)number;
    handled = 1;
}

/* A loop that waited once on its ring, if it has one, and whose descriptor is then watched from outside. */
static int loop_past_its_ring(int fd) {
    int ep = epl_create();
    struct pollfd outside = {.fd = ep, .events = POLLIN};
    epl_add(ep, fd, EPOLLIN);
    EPL_NOTHING(ep, 1);
    CHECK_INT(poll(&outside, 1, 0), 0);
    return ep;
}

static void nothing_happens(int fd) {
    struct epoll_event event;
    int ep = loop_past_its_ring(fd);
    CHECK_INT(epoll_wait(ep, &event, 1, WAIT_MS), 0);
    net_close(ep);
}

static void a_signal_comes(int fd) {
    const struct itimerval soon = {.it_value.tv_usec = SIGNAL_MS * 1000};
    struct epoll_event event;
    int ep = loop_past_its_ring(fd);
    handled = 0;
    CHECK_FD(setitimer(ITIMER_REAL, &soon, NULL));
    CHECK_ERRNO(epoll_wait(ep, &event, 1, check_scaled(1000)), EINTR);
    CHECK(handled);
    net_close(ep);
}

/* With a mask that lets it in only while waiting. */
static void a_signal_comes_through_the_mask(int fd) {
    const struct itimerval soon = {.it_value.tv_usec = SIGNAL_MS * 1000};
    struct epoll_event event;
    sigset_t alarms, before;
    int ep = loop_past_its_ring(fd);
    handled = 0;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    CHECK_FD(sigprocmask(SIG_BLOCK, &alarms, &before));
    CHECK_FD(setitimer(ITIMER_REAL, &soon, NULL));
    CHECK_ERRNO(epoll_pwait(ep, &event, 1, check_scaled(1000), &before), EINTR);
    CHECK(handled);
    CHECK_FD(sigprocmask(SIG_SETMASK, &before, NULL));
    net_close(ep);
}

/* SIGWINCH, and SIGCHLD of who sent it: nobody handles them. */
static void an_ignored_signal_comes(int fd) {
    struct epoll_event event;
    int ep = loop_past_its_ring(fd);
    pid_t child = CHECK_FD(fork());
    if (child == 0) {
        check_sleep_ms(SIGNAL_MS);
        _exit(kill(getppid(), SIGWINCH) == 0 ? 0 : 1);
    }
    CHECK_INT(epoll_wait(ep, &event, 1, WAIT_MS), 0);
    check_child_passed(child);
    net_close(ep);
}

int main(void) {
    int ends[2];
    check_begin(10);
    net_pipe(ends);
    for (int i = 0; i < ROUNDS; i++)
        nothing_happens(ends[0]);
    /* No deadline of this test's own from here on: the driver has one. */
    const struct sigaction action = {.sa_handler = handle};
    alarm(0);
    CHECK_FD(sigaction(SIGALRM, &action, NULL));
    a_signal_comes(ends[0]);
    a_signal_comes_through_the_mask(ends[0]);
    an_ignored_signal_comes(ends[0]);
    net_close(ends[0]);
    net_close(ends[1]);
    return check_passed();
}
