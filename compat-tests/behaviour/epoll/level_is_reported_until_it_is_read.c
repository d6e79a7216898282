/* Multishot poll is edge triggered and never fires again for data left unread; epoll's level must. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void socket_level(int ours, int peer) {
    int ep = epl_create();
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_send_text(peer, "abc");
    for (int i = 0; i < 5; i++)
        EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "a");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "bc");
    EPL_NOTHING(ep, 5);
    net_send_text(peer, "d");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "d");
    EPL_NOTHING(ep, 5);

    epl_modify(ep, ours, EPOLLIN | EPOLLOUT);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    net_send_text(peer, "e");
    CHECK(net_readable(ours, 1000));
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLOUT);
    net_expect_text(ours, "e");
    net_close(ep);
    net_close(ours);
    net_close(peer);
}

static void eventfd_level(void) {
    int ep = epl_create();
    int fd = CHECK_FD(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    uint64_t value = 3;
    epl_add(ep, fd, EPOLLIN);
    EPL_NOTHING(ep, 0);
    CHECK_INT(write(fd, &value, sizeof value), sizeof value);
    EPL_EXPECT(ep, fd, EPOLLIN);
    EPL_EXPECT(ep, fd, EPOLLIN);
    CHECK_INT(read(fd, &value, sizeof value), sizeof value);
    CHECK_INT(value, 3);
    EPL_NOTHING(ep, 5);
    net_close(fd);
    net_close(ep);
}

static void pipe_level(void) {
    int ep = epl_create(), ends[2];
    net_pipe(ends);
    epl_add(ep, ends[0], EPOLLIN);
    CHECK_INT(write(ends[1], "xy", 2), 2);
    EPL_EXPECT(ep, ends[0], EPOLLIN);
    net_expect_text(ends[0], "x");
    EPL_EXPECT(ep, ends[0], EPOLLIN);
    net_expect_text(ends[0], "y");
    EPL_NOTHING(ep, 5);
    net_close(ends[1]);
    EPL_EXPECT(ep, ends[0], EPOLLHUP);
    EPL_EXPECT(ep, ends[0], EPOLLHUP);
    net_close(ends[0]);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    socket_level(ours, peer);
    net_unix_pair(&ours, &peer);
    socket_level(ours, peer);
    eventfd_level();
    pipe_level();
    return check_passed();
}
