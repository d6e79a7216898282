/* A descriptor that is taken out of the loop and put back with an interest that only the kernel's epoll can serve,
 * while connections that were accepted ahead, or bytes that were received ahead, wait for the program: they are told of
 * first. And what came with a reset behind such bytes is told, too. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static int accept_one(int listener) {
    return CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
}

static void connections(void) {
    enum { CLIENTS = 4 };
    uint16_t port;
    int ep = epl_create(), listener = net_listen(&port), client[CLIENTS], server[CLIENTS];
    epl_add(ep, listener, EPOLLIN);
    client[0] = net_connect(port);
    EPL_EXPECT(ep, listener, EPOLLIN);
    server[0] = accept_one(listener);
    EPL_NOTHING(ep, 5);
    for (int i = 1; i < CLIENTS; i++)
        client[i] = net_connect(port);
    EPL_EXPECT(ep, listener, EPOLLIN);
    EPL_EXPECT(ep, listener, EPOLLIN);
    epl_delete(ep, listener);
    struct epoll_event unlawful = {.events = EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE};
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, listener, &unlawful), EINVAL);
    epl_add(ep, listener, EPOLLIN | EPOLLEXCLUSIVE);
    unlawful.events = EPOLLIN;
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, listener, &unlawful), EINVAL);
    for (int i = 1; i < CLIENTS; i++) {
        EPL_EXPECT(ep, listener, EPOLLIN);
        server[i] = accept_one(listener);
    }
    EPL_NOTHING(ep, 5);
    int late = net_connect(port);
    EPL_EXPECT(ep, listener, EPOLLIN);
    net_close(accept_one(listener));
    net_close(late);
    for (int i = 0; i < CLIENTS; i++) {
        net_close(client[i]);
        net_close(server[i]);
    }
    net_close(listener);
    net_close(ep);
}

static void bytes(void) {
    int ours, peer, ep = epl_stream(&ours, &peer);
    net_send_text(peer, "ahead");
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_delete(ep, ours);
    epl_add(ep, ours, EPOLLIN | EPOLLPRI);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "ahead");
    EPL_NOTHING(ep, 5);
    net_send_text(peer, "more");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_reset(peer);
    for (double end = check_now_ms() + check_scaled(2000); !(epl_wait(ep, ours, 10) & EPOLLERR);)
        CHECK_SAY(check_now_ms() < end, "the reset is not told");
    net_close(ours);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    connections();
    bytes();
    return check_passed();
}
