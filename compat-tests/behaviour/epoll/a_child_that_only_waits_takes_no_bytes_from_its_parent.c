/* Guards: a forked child that waits on the loop it got, and receives ahead what it does not read: the bytes are in a
 * process that ends, and the parent never sees them. */
#include <unistd.h>

#include "check.h"
#include "epoll_loop.h"
#include "net.h"

int main(void) {
    int ep, ours, peer;
    pid_t child;

    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "read by the parent");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "read by the parent");
    EPL_NOTHING(ep, 2);
    child = CHECK_FD(fork());
    if (child == 0) {
        check_child(10);
        EPL_NOTHING(ep, 2);
        net_send_text(peer, "for the parent");
        EPL_EXPECT(ep, ours, EPOLLIN);
        _exit(0);
    }
    check_child_passed(child);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "for the parent");
    EPL_NOTHING(ep, 2);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
