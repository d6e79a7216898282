/* A loop goes over to the kernel's epoll (here because its descriptor is duplicated) while bytes of a socket have been
 * received ahead: a DEL, a MOD and a new ADD must hold for these as for any other. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <unistd.h>

/* An EINTR without a signal is allowed here: giving up a ring interrupts its thread once. */
static void nothing(int ep) {
    struct epoll_event event;
    int n;
    do
        n = epoll_wait(ep, &event, 1, 5);
    while (n < 0 && errno == EINTR);
    CHECK_INT(n, 0);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
    net_send_text(peer, "ahead");
    EPL_EXPECT(ep, ours, EPOLLIN);
    int twin = CHECK_FD(dup(ep));
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_modify(ep, ours, 0);
    nothing(ep);
    epl_modify(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_delete(ep, ours);
    nothing(ep);
    epl_add(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "ahead");
    nothing(ep);
    net_close(twin);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
