/* close() with an operation armed sends no FIN and the operation goes on consuming the socket's data: the peer must see
 * the end at once, without another turn of the loop, and the number is free for the next descriptor. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/syscall.h>
#include <unistd.h>

static void close_after(int ep, bool by_syscall, bool heard) {
    int ours, peer, next, next_peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    if (heard) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
    }
    EPL_NOTHING(ep, 1);
    CHECK_INT(by_syscall ? (int)syscall(SYS_close, ours) : close(ours), 0);
    CHECK_SAY(net_readable(peer, check_scaled(1000)), "no FIN after close");
    net_expect_end(peer);
    net_close(peer);

    net_unix_pair(&next, &next_peer);
    EPL_NOTHING(ep, 1);
    net_send_text(next_peer, "for the next");
    EPL_NOTHING(ep, 1);
    net_expect_text(next, "for the next");
    net_close(next);
    net_close(next_peer);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    for (int i = 0; i < 8; i++)
        close_after(ep, i & 1, i & 2);
    net_close(ep);
    return check_passed();
}
