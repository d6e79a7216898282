/* A ring that is closed is taken apart by the kernel in the background, and its thread is woken for that. The waits of
 * a loop that has gone back to epoll, for whatever reason, end with EINTR only when a handler has run. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <signal.h>

enum { ROUNDS = 12, WAIT_MS = 15 };

static void leave_the_ring(bool by_wait, bool interrupted) {
    int ep = epl_create(), ours, peer;
    struct epoll_event event;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(ep, 1);
    /* Watched from outside, a loop is the kernel's epoll's. */
    CHECK(!net_readable(ep, 0));
    double start = check_now_ms();
    if (by_wait)
        EPL_NOTHING(ep, WAIT_MS);
    else
        CHECK_INT(epoll_pwait2(ep, &event, 1, &(struct timespec){0, WAIT_MS * 1000000L}, NULL), 0);
    CHECK(check_now_ms() - start >= WAIT_MS);
    net_send_text(peer, "y");
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "y");
    EPL_NOTHING(ep, 0);
    if (interrupted)
        epl_interrupted(ep, -1);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    epl_handler(SA_RESTART);
    const bool pwait2 = epl_has_pwait2();
    for (int round = 0; round < ROUNDS; round++)
        leave_the_ring(round & 1 || !pwait2, round % 4 == 3);
    return check_passed();
}
