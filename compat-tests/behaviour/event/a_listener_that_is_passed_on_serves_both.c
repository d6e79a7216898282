/* A listener that is at work is passed to another process, which accepts from it, too. When its first owner no longer
 * gets round to it, the other one is told of whoever comes. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 4, PATIENCE_MS = 2000 };

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length,
                      void *arg) {
    (void)listener, (void)peer, (void)length, (void)arg;
    net_send_text(fd, "hello");
    net_close(fd);
}

static struct evconnlistener *listen_with(struct event_base *base, int fd) {
    struct evconnlistener *listener = evconnlistener_new(base, on_client, NULL, LEV_OPT_CLOSE_ON_FREE, -1, fd);
    CHECK(listener);
    return listener;
}

/* It waits so that the kernel may tell it of a client instead of another who waits. */
static _Noreturn void be_the_other(int channel) {
    check_child(20);
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    int listening = net_take_fd(channel), epoll = CHECK_FD(epoll_create1(EPOLL_CLOEXEC));
    CHECK_FD(epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event));
    for (;;) {
        CHECK_INT(epoll_wait(epoll, &event, 1, -1), 1);
        int fd = accept(listening, NULL, NULL);
        if (fd >= 0)
            on_client(NULL, fd, NULL, 0, NULL);
    }
}

static void expect_service(int client) {
    CHECK_SAY(net_readable(client, check_scaled(PATIENCE_MS)), "a client waits for an owner that does not run");
    net_expect_text(client, "hello");
    net_close(client);
}

int main(void) {
    check_begin(20);
    int channel[2];
    uint16_t port;
    CHECK_FD(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
    pid_t other = CHECK_FD(fork());
    if (other == 0)
        be_the_other(channel[1]);
    int listening = net_listen(&port);
    struct event_base *base = evl_base();
    struct evconnlistener *listener = listen_with(base, listening);
    for (int i = 0; i < CLIENTS; i++) {
        int client = net_connect(port);
        evl_run_for(base, 5);
        expect_service(client);
    }
    net_pass_fd(channel[0], listening);
    for (int i = 0; i < CLIENTS; i++)
        expect_service(net_connect(port));
    CHECK_FD(kill(other, SIGKILL));
    CHECK_INT(waitpid(other, NULL, 0), other);
    evconnlistener_free(listener);
    evl_end(base);
    net_close(channel[0]);
    net_close(channel[1]);
    return check_passed();
}
