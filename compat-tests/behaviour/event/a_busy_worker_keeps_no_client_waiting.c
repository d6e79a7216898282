/* Workers that were forked share one listener, each with a loop of its own. While one of them is busy, the other serves
 * whoever comes: a connection is no single worker's before that one accepts it. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, FIRST = 8, CLIENTS = 6, BUSY_MS = 60000, PATIENCE_MS = 2000 };

static char name;

static void be_busy(int number) {
    (void)number;
    check_sleep_ms(BUSY_MS);
}

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length,
                      void *arg) {
    (void)listener, (void)peer, (void)length, (void)arg;
    CHECK_INT(write(fd, &name, 1), 1);
    net_close(fd);
}

static _Noreturn void work(int listening) {
    check_child(20);
    struct event_base *base = evl_base();
    struct sigaction action = {.sa_handler = be_busy};
    CHECK_FD(sigaction(SIGUSR1, &action, NULL));
    CHECK(evconnlistener_new(base, on_client, NULL, LEV_OPT_CLOSE_ON_EXEC, -1, listening));
    event_base_dispatch(base);
    _exit(1);
}

/* Returns which worker served it. */
static char be_client(uint16_t port) {
    char who;
    int fd = net_connect(port);
    CHECK_SAY(net_readable(fd, check_scaled(PATIENCE_MS)), "a client waits for a worker that is busy");
    net_receive_all(fd, &who, 1);
    net_close(fd);
    return who;
}

int main(void) {
    check_begin(20);
    check_expect_any(); /* the loops are the workers' */
    uint16_t port;
    int listening = net_listen(&port);
    pid_t worker[WORKERS];
    char last = 0;
    CHECK_INT(evutil_make_socket_nonblocking(listening), 0);
    for (int i = 0; i < WORKERS; i++) {
        name = (char)i;
        worker[i] = CHECK_FD(fork());
        if (worker[i] == 0)
            work(listening);
    }
    for (int i = 0; i < FIRST; i++)
        last = be_client(port);
    /* Whoever is first in the listener's queue would be woken for the next one, too. */
    CHECK_FD(kill(worker[(int)last], SIGUSR1));
    check_sleep_ms(50);
    for (int i = 0; i < CLIENTS; i++)
        CHECK_INT(be_client(port), 1 - last);
    for (int i = 0; i < WORKERS; i++) {
        CHECK_FD(kill(worker[i], SIGKILL));
        CHECK_INT(waitpid(worker[i], NULL, 0), worker[i]);
    }
    net_close(listening);
    return check_passed();
}
