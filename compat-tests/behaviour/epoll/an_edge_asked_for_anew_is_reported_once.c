/* A socket that was read from is taken out of the loop and put back for edges, or for one event: from then on it is
 * reported as asked, also where bytes were received ahead under the old interest. So is the level, asked for after
 * edges. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

static int ep, ours, peer;

static void warm_up(void) {
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
}

static void cool_down(void) {
    net_close(ours);
    net_close(peer);
}

static void edge(void) {
    warm_up();
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLIN | EPOLLET);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "ab");
        EPL_EXPECT(ep, ours, EPOLLIN);
        EPL_NOTHING(ep, 2);
        net_expect_text(ours, "ab");
        EPL_NOTHING(ep, 2);
    }
    cool_down();
}

static void one_shot(void) {
    warm_up();
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLIN | EPOLLONESHOT);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "ab");
        EPL_EXPECT(ep, ours, EPOLLIN);
        EPL_NOTHING(ep, 2);
        net_expect_text(ours, "ab");
        EPL_NOTHING(ep, 2);
        epl_modify(ep, ours, EPOLLIN | EPOLLONESHOT);
    }
    cool_down();
}

/* And the other way round: what was told once is true as long as it holds. */
static void level(uint32_t once) {
    warm_up();
    epl_modify(ep, ours, EPOLLIN | EPOLLOUT | once);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    EPL_NOTHING(ep, 2);
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLIN | EPOLLOUT);
    for (int i = 0; i < 3; i++)
        EPL_EXPECT(ep, ours, EPOLLOUT);
    cool_down();
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    edge();
    one_shot();
    level(EPOLLET);
    level(EPOLLONESHOT);
    net_close(ep);
    return check_passed();
}
