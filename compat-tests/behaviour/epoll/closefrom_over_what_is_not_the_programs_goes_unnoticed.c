/* Daemons close all numbers from some point on, and with them what a library has opened for itself. A loop below that
 * point goes on, with the bytes and connections that were under way. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static void *nothing(void *arg) {
    return arg;
}

static void exchange(int ep, int ours, int peer) {
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
}

static void closed_from(int ep, int first) {
    int ours, peer;
    uint16_t port;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    int listener = net_listen(&port), client = net_connect(port);
    epl_add(ep, listener, EPOLLIN);
    EPL_EXPECT(ep, listener, EPOLLIN);
    net_close(CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)));
    net_close(client);
    exchange(ep, ours, peer);
    net_send_text(peer, "under way");
    client = net_connect(port);
    CHECK(net_readable(ours, 1000) && net_readable(listener, 1000));
    closefrom(first);

    struct epoll_event event[4];
    int seen = 0;
    while (seen != 3) {
        int count = CHECK_FD(epoll_wait(ep, event, 4, 2000));
        CHECK_SAY(count > 0, "no more events after closefrom");
        for (int i = 0; i < count; i++)
            seen |= event[i].data.fd == ours ? 1 : 2;
    }
    net_expect_text(ours, "under way");
    int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    net_send_text(client, "hello");
    net_expect_text(fd, "hello");
    net_close(fd);
    net_close(client);
    net_close(listener);
    exchange(ep, ours, peer);
    net_close(ours);
    net_expect_end(peer);
    net_close(peer);
}

int main(void) {
    enum { ABOVE = 512 }; /* what the program has is below */
    check_begin(10);
    int ep = epl_create();
    closed_from(ep, ABOVE);
    net_close(ep);
    /* Once more with a second thread, for which a loop keeps one descriptor more. */
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, nothing, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    ep = epl_create();
    closed_from(ep, ABOVE);
    net_close(ep);
    return check_passed();
}
