/* The plain path: an evconnlistener, bufferevents that echo by moving their input to their output, half-closes. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>
#include <pthread.h>
#include <sys/socket.h>

enum { CLIENTS = 20, ROUNDS = 20, BIG = 300000 };

static uint16_t port;
static struct event_base *base;
static unsigned open_connections;

static void echo(struct bufferevent *bev, void *arg) {
    (void)arg;
    CHECK_INT(bufferevent_write_buffer(bev, bufferevent_get_input(bev)), 0);
}

static void drained(struct bufferevent *bev, void *arg) {
    (void)arg;
    /* The socket is closed by a finalizer in a later turn, so the base must not stop at once. */
    struct timeval soon = {0, 1000};
    bufferevent_free(bev);
    if (--open_connections == 0)
        event_base_loopexit(base, &soon);
}

static void ended(struct bufferevent *bev, short what, void *arg) {
    CHECK_INT(what, BEV_EVENT_READING | BEV_EVENT_EOF);
    if (evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        drained(bev, arg);
    else
        bufferevent_setcb(bev, NULL, drained, NULL, NULL);
}

static void connected(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                      void *arg) {
    (void)address, (void)length, (void)arg;
    struct bufferevent *bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    CHECK(bev);
    bufferevent_setcb(bev, echo, NULL, ended, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    open_connections++;
}

static void *clients(void *arg) {
    int fd[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        fd[i] = net_connect(port);
    uint64_t sent = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t size = 1 + round * 37;
        for (unsigned i = 0; i < CLIENTS; i++)
            net_send_pattern(fd[i], i, sent, size);
        for (unsigned i = 0; i < CLIENTS; i++)
            net_receive_pattern(fd[i], i, sent, size);
        sent += size;
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        net_send_pattern(fd[i], i, sent, BIG);
        CHECK_FD(shutdown(fd[i], SHUT_WR));
        net_receive_pattern(fd[i], i, sent, BIG);
        net_expect_end(fd[i]);
        net_close(fd[i]);
    }
    return arg;
}

int main(void) {
    check_begin(10);
    base = evl_base();
    struct sockaddr_in address = net_address(0);
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, connected, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 128,
                                (struct sockaddr *)&address, sizeof address);
    CHECK(listener);
    port = net_port(evconnlistener_get_fd(listener));
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, clients, NULL), 0);
    event_base_dispatch(base);
    CHECK_INT(pthread_join(thread, NULL), 0);
    evconnlistener_free(listener);
    evl_end(base);
    return check_passed();
}
