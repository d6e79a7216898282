/* shutdown(SHUT_RD) ends an armed receive as the peer's end would. On Linux it ends nothing else: a TCP socket is at
 * its end while it is empty, and what the peer sends later is read as ever. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What has arrived and is unread when the direction is shut; or what arrives later is there before the end is read. */
enum when { NOTHING, BEFORE, LATE_FIRST, WHENS };

static void shut(enum when when) {
    int ep = epl_create(), ours, peer, waiting;
    char byte;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    /* From here on a ring may receive ahead. */
    for (int i = 0; i < 2; i++) {
        net_send_text(peer, "a");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "a");
        EPL_NOTHING(ep, 1);
    }
    if (when == BEFORE) {
        net_send_text(peer, "before");
        EPL_EXPECT(ep, ours, EPOLLIN);
    }
    CHECK_FD(shutdown(ours, SHUT_RD));
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    if (when == BEFORE)
        net_expect_text(ours, "before");
    if (when != LATE_FIRST) {
        CHECK_INT(read(ours, &byte, 1), 0);
        EPL_EXPECT(ep, ours, EPOLLIN);
    }
    net_send_text(peer, "late");
    do
        CHECK_FD(ioctl(ours, FIONREAD, &waiting));
    while (waiting < 4);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "late");
    CHECK_INT(read(ours, &byte, 1), 0);
    CHECK_INT(write(ours, "answer", 6), 6);
    net_expect_text(peer, "answer");
    net_close(ours);
    net_expect_end(peer);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    for (enum when when = 0; when < WHENS; when++)
        shut(when);
    return check_passed();
}
