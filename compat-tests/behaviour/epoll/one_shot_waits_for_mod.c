/* EPOLLONESHOT: one event, then silence (also about a hang-up) until EPOLL_CTL_MOD; the descriptor stays registered. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN | EPOLLONESHOT);
    net_send_text(peer, "a");
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_send_text(peer, "b");
    EPL_NOTHING(ep, 5);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = ours};
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ours, &event), EEXIST);
    epl_modify(ep, ours, EPOLLIN | EPOLLONESHOT);
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_expect_text(ours, "ab");
    epl_modify(ep, ours, EPOLLIN | EPOLLONESHOT);
    EPL_NOTHING(ep, 5);
    net_send_text(peer, "c");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(peer);
    EPL_NOTHING(ep, 10);
    epl_modify(ep, ours, EPOLLIN | EPOLLRDHUP);
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLRDHUP);
    epl_delete(ep, ours);
    EPL_NOTHING(ep, 5);
    net_close(ours);
    net_close(ep);
    return check_passed();
}
