/* The exact masks of a TCP and an AF_UNIX connection that is half closed, closed and reset, with and without RDHUP
 * asked. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t settled(int ep, int fd, uint32_t at_least) {
    uint32_t events;
    do
        events = epl_wait(ep, fd, check_scaled(2000));
    while (events && (events & at_least) != at_least);
    return events;
}

static void half_close(void (*pair)(int *, int *)) {
    int ep = epl_create(), ours, peer;
    pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    CHECK_FD(shutdown(peer, SHUT_WR));
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_modify(ep, ours, EPOLLIN | EPOLLRDHUP);
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLRDHUP);
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLRDHUP);
    epl_modify(ep, ours, EPOLLRDHUP);
    EPL_EXPECT(ep, ours, EPOLLRDHUP);
    epl_modify(ep, ours, 0);
    EPL_NOTHING(ep, 5);
    epl_modify(ep, ours, EPOLLOUT);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    net_expect_end(ours);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

static void both_ways(void (*pair)(int *, int *)) {
    int ep = epl_create(), ours, peer;
    pair(&ours, &peer);
    epl_add(ep, ours, 0);
    EPL_NOTHING(ep, 2);
    CHECK_FD(shutdown(peer, SHUT_WR));
    CHECK_FD(shutdown(ours, SHUT_WR));
    CHECK_INT(settled(ep, ours, EPOLLHUP), EPOLLHUP);
    epl_modify(ep, ours, EPOLLIN | EPOLLRDHUP);
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLRDHUP | EPOLLHUP);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

static void reset(void) {
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN | EPOLLRDHUP);
    net_send_text(peer, "last");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_reset(peer);
    CHECK_INT(settled(ep, ours, EPOLLERR), EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP);
    net_expect_text(ours, "last");
    char byte;
    CHECK_ERRNO(read(ours, &byte, 1), ECONNRESET);
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLRDHUP | EPOLLHUP);
    CHECK_INT(read(ours, &byte, 1), 0);
    net_close(ours);
    net_close(ep);
}

static void reset_is_in_so_error(void) {
    int ep = epl_create(), ours, peer, error = 0;
    socklen_t length = sizeof error;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 2);
    net_reset(peer);
    CHECK_INT(settled(ep, ours, EPOLLERR), EPOLLIN | EPOLLERR | EPOLLHUP);
    CHECK_FD(getsockopt(ours, SOL_SOCKET, SO_ERROR, &error, &length));
    CHECK_INT(error, ECONNRESET);
    CHECK_FD(getsockopt(ours, SOL_SOCKET, SO_ERROR, &error, &length));
    CHECK_INT(error, 0);
    net_close(ours);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    half_close(net_tcp_pair);
    half_close(net_unix_pair);
    both_ways(net_tcp_pair);
    both_ways(net_unix_pair);
    reset();
    reset_is_in_so_error();
    return check_passed();
}
