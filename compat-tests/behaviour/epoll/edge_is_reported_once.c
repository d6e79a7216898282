/* EPOLLET: once when it is added to a ready descriptor, then once for each arrival, never for what was left. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

static void edges(int ours, int peer) {
    int ep = epl_create();
    net_send_text(peer, "a");
    CHECK(net_readable(ours, 1000));
    epl_add(ep, ours, EPOLLIN | EPOLLET);
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_send_text(peer, "b");
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_expect_text(ours, "a");
    EPL_NOTHING(ep, 5);
    /* MOD looks again, even at an unchanged mask. */
    epl_modify(ep, ours, EPOLLIN | EPOLLET);
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_expect_text(ours, "b");
    net_send_text(peer, "c");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "c");
    EPL_NOTHING(ep, 5);
    epl_modify(ep, ours, EPOLLOUT | EPOLLET);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    EPL_NOTHING(ep, 5);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    edges(ours, peer);
    net_unix_pair(&ours, &peer);
    edges(ours, peer);
    return check_passed();
}
