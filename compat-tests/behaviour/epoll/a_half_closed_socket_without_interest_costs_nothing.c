/* A socket stays registered with no interest while its peer closes its side: nothing is reported, and waiting takes no
 * processor time. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/socket.h>
#include <time.h>

static double used_ms(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
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
    net_send_text(peer, "rest");
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_modify(ep, ours, 0);
    EPL_NOTHING(ep, 2);
    net_expect_text(ours, "rest");
    CHECK_INT(shutdown(peer, SHUT_WR), 0);
    double before = used_ms();
    EPL_NOTHING(ep, 200);
    CHECK_SAY(used_ms() - before < check_scaled(50), "%.0f ms of processor time in a wait of 200", used_ms() - before);
    epl_modify(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_end(ours);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
