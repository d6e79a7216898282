/* Guards: EPOLL_CTL_MOD that succeeds for a file that was never added. In a forked child, descriptors of a loop that
 * was closed first are remembered, because uv_loop_fork repeats their MOD in a new epoll instance; but not beyond their
 * close. */
#include <errno.h>
#include <unistd.h>

#include "check.h"
#include "epoll_loop.h"
#include "net.h"

static int ep, ends[2];

static void in_the_child(void) {
    struct epoll_event event = {.events = EPOLLIN};
    int number = ends[0];

    net_close(ep);
    net_close(ends[0]);
    net_close(ends[1]);
    ep = epl_create();
    net_pipe(ends);
    CHECK(ends[0] == number || ends[1] == number);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, number, &event), ENOENT);
    epl_add(ep, ends[0], EPOLLIN);
    CHECK_INT(write(ends[1], "x", 1), 1);
    EPL_EXPECT(ep, ends[0], EPOLLIN);
}

int main(void) {
    pid_t child;

    check_begin(10);
    ep = epl_create();
    net_pipe(ends);
    epl_add(ep, ends[0], EPOLLIN);
    EPL_NOTHING(ep, 0);
    child = CHECK_FD(fork());
    if (child == 0) {
        check_child(10);
        in_the_child();
        _exit(0);
    }
    check_child_passed(child);
    net_close(ends[0]);
    net_close(ends[1]);
    net_close(ep);
    return check_passed();
}
