/* close() without EPOLL_CTL_DEL: the registration ends with the socket. The next descriptor with the same number is
 * unknown to the epoll until it is added, and then only its own events come, with its own data. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void reuse(int ep, bool ready_before) {
    int ours, peer, next, next_peer;
    net_tcp_pair(&ours, &peer);
    struct epoll_event old = {.events = EPOLLIN, .data.u64 = 0xdead};
    CHECK_FD(epoll_ctl(ep, EPOLL_CTL_ADD, ours, &old));
    EPL_NOTHING(ep, 1);
    if (ready_before) {
        net_send_text(peer, "never read");
        CHECK(net_readable(ours, 1000));
    }
    net_tcp_pair(&next, &next_peer);
    int number = ours;
    net_close(ours);
    /* The lowest free number, which the next descriptor gets. */
    int moved = CHECK_FD(fcntl(next, F_DUPFD_CLOEXEC, number));
    CHECK_INT(moved, number);
    net_close(next);
    next = moved;
    net_send_text(next_peer, "new");
    CHECK(net_readable(next, 1000));
    EPL_NOTHING(ep, 3);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, next, &old), ENOENT);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, next, &old), ENOENT);
    epl_add(ep, next, EPOLLIN);
    EPL_EXPECT(ep, next, EPOLLIN);
    net_expect_text(next, "new");
    EPL_NOTHING(ep, 1);
    net_close(next);
    net_close(next_peer);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    for (int i = 0; i < 6; i++)
        reuse(ep, i & 1);
    net_close(ep);
    return check_passed();
}
