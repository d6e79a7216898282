/* A program that uses a loop, for the tests of settings: it echoes one byte through epoll and leaves. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

int main(void) {
    check_begin(20);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
    }
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
