/* libuv asserts that epoll_pwait with a timeout of -1 never returns 0. Meanwhile another thread does all that can wake
 * a waiter for nothing: it changes masks, and reads what it has written before the waiter gets to it. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NOISE = 300 };

static int ep, silent, silent_peer, closed, closed_peer, fleeting, stop[2];

static void *make_noise(void *arg) {
    for (int i = 0; i < NOISE; i++) {
        uint64_t count = 1;
        epl_modify(ep, silent, i & 1 ? EPOLLIN : EPOLLIN | EPOLLRDHUP);
        epl_modify(ep, closed, i & 1 ? 0 : EPOLLPRI);
        CHECK_INT(write(fleeting, &count, sizeof count), sizeof count);
        CHECK(read(fleeting, &count, sizeof count) == sizeof count || errno == EAGAIN);
        if (i % 16 == 0)
            check_sleep_ms(1);
    }
    CHECK_INT(write(stop[1], "s", 1), 1);
    return arg;
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&silent, &silent_peer);
    net_tcp_pair(&closed, &closed_peer);
    net_pipe(stop);
    fleeting = CHECK_FD(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    epl_add(ep, silent, EPOLLIN);
    epl_add(ep, closed, 0);
    epl_add(ep, fleeting, EPOLLIN);
    epl_add(ep, stop[0], EPOLLIN);
    CHECK_FD(shutdown(closed_peer, SHUT_WR));
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, make_noise, NULL), 0);
    for (bool stopped = false; !stopped;) {
        struct epoll_event event[4];
        int count = epoll_wait(ep, event, 4, -1);
        CHECK_SAY(count > 0, "a wait without limit returned %d", count);
        for (int i = 0; i < count; i++) {
            stopped |= event[i].data.fd == stop[0];
            CHECK_SAY(event[i].data.fd == stop[0] || event[i].data.fd == fleeting, "descriptor %d has no events",
                      event[i].data.fd);
        }
    }
    CHECK_INT(pthread_join(thread, NULL), 0);
    net_close(silent);
    net_close(silent_peer);
    net_close(closed);
    net_close(closed_peer);
    net_close(fleeting);
    net_close(stop[0]);
    net_close(stop[1]);
    net_close(ep);
    return check_passed();
}
