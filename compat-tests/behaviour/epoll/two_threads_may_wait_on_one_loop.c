/* epoll lets any number of threads wait on one instance; each event goes to one of them. A closed instance and a loop
 * that is handed from one living thread to another and back are the lesser cases of the same. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 3, SOCKETS = 8, ROUNDS = 200 };

static int ep, ours[SOCKETS], peer[SOCKETS], stop[2];
static atomic_int taken;

/* One-shot: a descriptor is with one thread at a time, as in every program of this kind. */
static void *serve(void *arg) {
    struct epoll_event event;
    char byte;
    for (;;) {
        int n = epoll_wait(ep, &event, 1, -1);
        if (n < 0 && errno == EINTR)
            continue;
        CHECK_INT(n, 1);
        if (event.data.fd == stop[0])
            return arg;
        CHECK_INT(read(event.data.fd, &byte, 1), 1);
        atomic_fetch_add(&taken, 1);
        CHECK_INT(write(event.data.fd, &byte, 1), 1);
        epl_modify(ep, event.data.fd, EPOLLIN | EPOLLONESHOT);
    }
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    net_pipe(stop);
    epl_add(ep, stop[0], EPOLLIN);
    for (int i = 0; i < SOCKETS; i++) {
        net_tcp_pair(&ours[i], &peer[i]);
        epl_add(ep, ours[i], EPOLLIN | EPOLLONESHOT);
    }
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&thread[i], NULL, serve, NULL), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SOCKETS; i++)
            net_send_text(peer[i], "x");
        for (int i = 0; i < SOCKETS; i++)
            net_expect_text(peer[i], "x");
    }
    CHECK_INT(atomic_load(&taken), ROUNDS * SOCKETS);
    CHECK_INT(write(stop[1], "s", 1), 1);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(thread[i], NULL), 0);
    for (int i = 0; i < SOCKETS; i++) {
        net_close(ours[i]);
        net_close(peer[i]);
    }
    net_close(stop[0]);
    net_close(stop[1]);
    net_close(ep);
    return check_passed();
}
