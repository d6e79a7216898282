/* libuv repeats EPOLL_CTL_MOD for every write although nothing has changed: no operation may come of it, and no event.
 */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

enum { REPEATS = 1000, FEW = 10 };

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    uint64_t before = check_counter("sqes");
    for (int i = 0; i < REPEATS; i++) {
        epl_modify(ep, ours, EPOLLIN);
        if (i % 10 == 0)
            EPL_NOTHING(ep, 0);
    }
    uint64_t made = check_counter("sqes") - before;
    CHECK_SAY(made <= FEW, "%llu operations for changes of nothing", (unsigned long long)made);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
