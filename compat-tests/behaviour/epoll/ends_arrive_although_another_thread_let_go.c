/* A thread takes sockets out of the loop and closes them at the very moment in which the waiting thread sees their last
 * events: each peer must see the end, and the loop must go on with the sockets that stay. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum { ROUNDS = 300, AT_ONCE = 8 };

static int ep, stop[2];

static void *wait_for_events(void *arg) {
    struct epoll_event event[4];
    for (;;) {
        int n = epoll_wait(ep, event, 4, -1);
        CHECK(n >= 0 || errno == EINTR);
        for (int i = 0; i < n; i++)
            if (event[i].data.fd == stop[0])
                return arg;
    }
}

int main(void) {
    check_begin(20);
    ep = epl_create();
    net_pipe(stop);
    epl_add(ep, stop[0], EPOLLIN);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, wait_for_events, NULL), 0);
    for (int round = 0; round < ROUNDS; round++) {
        int ours[AT_ONCE], peer[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++) {
            net_tcp_pair(&ours[i], &peer[i]);
            epl_add(ep, ours[i], EPOLLIN | EPOLLONESHOT);
        }
        for (int i = 0; i < AT_ONCE; i++)
            net_send_text(peer[i], "x");
        for (int i = 0; i < AT_ONCE; i++) {
            if (i & 1)
                epl_delete(ep, ours[i]);
            net_close(ours[i]);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            char byte;
            CHECK_SAY(net_readable(peer[i], check_scaled(2000)), "round %d: no end", round);
            (void)!read(peer[i], &byte, 1); /* the end, or a reset for the unread byte */
            net_close(peer[i]);
        }
    }
    CHECK_INT(write(stop[1], "s", 1), 1);
    CHECK_INT(pthread_join(thread, NULL), 0);
    net_close(stop[0]);
    net_close(stop[1]);
    net_close(ep);
    return check_passed();
}
