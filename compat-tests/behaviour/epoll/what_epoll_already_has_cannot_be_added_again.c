/* An interest that Ringback left to the kernel's epoll (urgent data) is there: adding it again says EEXIST, and a
 * number that was used for it before is not. Nor is one that the ring has received for until it was taken out. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>

static void refused(int ep, int fd, uint32_t events, int error) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == -1 && errno == error);
}

/* Taken out and put back as epoll's within one turn. */
static void after_the_ring_has_received(int ep) {
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "one");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "one");
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLEXCLUSIVE);
    refused(ep, ours, EPOLLIN, EEXIST);
    net_send_text(peer, "two");
    EPL_NOTHING(ep, 5);
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "two");
    net_close(ours);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN | EPOLLPRI);
    EPL_NOTHING(ep, 5);
    refused(ep, ours, EPOLLIN, EEXIST);
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLIN);
    refused(ep, ours, EPOLLIN, EEXIST);
    refused(ep, ours, EPOLLIN | EPOLLRDHUP | EPOLLEXCLUSIVE, EINVAL);
    epl_modify(ep, ours, EPOLLIN | EPOLLPRI);
    refused(ep, ours, EPOLLIN, EEXIST);
    net_close(ours);
    net_close(peer);
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    after_the_ring_has_received(ep);
    net_close(ep);
    return check_passed();
}
