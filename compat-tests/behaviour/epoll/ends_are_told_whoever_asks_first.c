/* A reset is told at once, also while bytes wait before it, while nobody wants to read, and to the writer that asks
 * first; a hangup is told behind an end of file that nobody has read yet. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>

/* What is told in the end; it may begin with less. */
static void settles_at(int ep, int fd, uint32_t events) {
    uint32_t told = 0;
    for (double end = check_now_ms() + check_scaled(2000); told != events && check_now_ms() < end;)
        told = epl_wait(ep, fd, 10);
    CHECK_SAY(told == events, "told are %#x, expected were %#x", told, events);
}

static void done(int ep, int ours, int peer) {
    net_close(ours);
    if (peer >= 0)
        net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    int ours, peer, ep = epl_stream(&ours, &peer);
    net_send_text(peer, "unread");
    net_reset(peer);
    settles_at(ep, ours, EPOLLIN | EPOLLERR | EPOLLHUP);
    CHECK(send(ours, "x", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
    CHECK(send(ours, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
    done(ep, ours, -1);

    ep = epl_stream(&ours, &peer);
    epl_modify(ep, ours, 0);
    net_reset(peer);
    settles_at(ep, ours, EPOLLERR | EPOLLHUP);
    done(ep, ours, -1);

    ep = epl_stream(&ours, &peer);
    CHECK(shutdown(peer, SHUT_WR) == 0);
    settles_at(ep, ours, EPOLLIN);
    CHECK(shutdown(ours, SHUT_WR) == 0);
    settles_at(ep, ours, EPOLLIN | EPOLLHUP);
    done(ep, ours, peer);
    return check_passed();
}
