/* An operation cannot be changed while an event of its old mask waits to be taken (EALREADY). Whatever is done about
 * that, the next wait goes by the new mask and the new data. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

static int ep, ours, peer;

/* Armed for reading, and there is something to read that nobody has been told of. */
static void with_news(void) {
    epl_modify(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    net_send_text(peer, "x");
    CHECK(net_readable(ours, 1000));
}

static void new_data(uint64_t data, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    CHECK_FD(epoll_ctl(ep, EPOLL_CTL_MOD, ours, &event));
    CHECK_INT(epoll_wait(ep, &event, 1, 2000), 1);
    CHECK_INT(event.data.u64, data);
    CHECK_INT(event.events, events);
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    void (*const pair[])(int *, int *) = {net_tcp_pair, net_unix_pair};
    for (int i = 0; i < 2; i++) {
        pair[i](&ours, &peer);
        epl_add(ep, ours, EPOLLIN);
        with_news();
        epl_modify(ep, ours, 0);
        EPL_NOTHING(ep, 2);
        epl_modify(ep, ours, EPOLLIN);
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        with_news();
        epl_modify(ep, ours, EPOLLOUT);
        EPL_EXPECT(ep, ours, EPOLLOUT);
        EPL_EXPECT(ep, ours, EPOLLOUT);
        epl_modify(ep, ours, EPOLLIN | EPOLLOUT);
        EPL_EXPECT(ep, ours, EPOLLIN | EPOLLOUT);
        net_expect_text(ours, "x");
        with_news();
        new_data(UINT64_C(0x123456789abcdef0), EPOLLIN);
        new_data(7, EPOLLOUT);
        net_expect_text(ours, "x");
        with_news();
        epl_delete(ep, ours);
        EPL_NOTHING(ep, 2);
        epl_add(ep, ours, EPOLLIN);
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_close(ours);
        net_close(peer);
    }
    net_close(ep);
    return check_passed();
}
