/* A forked child closes what it inherited, one by one, by dup2 or all at once, and with it the loop: the parent's
 * sockets stay open, a client that waits at the listener stays connected, the loop goes on, and nobody sees an end
 * before the parent closes. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/socket.h>
#include <unistd.h>

enum way { ONE_BY_ONE, BY_DUP2, BY_CLOSEFROM, BY_EXEC, WAYS };

static int ep, ours, peer, listener;
static uint16_t port;

static void exchange(void) {
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
    int client = net_connect(port);
    EPL_EXPECT(ep, listener, EPOLLIN);
    int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    EPL_NOTHING(ep, 1);
    net_close(fd);
    net_expect_end(client);
    net_close(client);
}

static _Noreturn void leave(enum way way) {
    check_child(10);
    switch (way) {
    case ONE_BY_ONE:
        net_close(ours);
        net_close(listener);
        net_close(ep);
        break;
    case BY_DUP2:
        CHECK_INT(dup2(STDERR_FILENO, ours), ours);
        CHECK_INT(dup2(STDERR_FILENO, listener), listener);
        CHECK_INT(dup2(STDERR_FILENO, ep), ep);
        break;
    case BY_CLOSEFROM:
        closefrom(3);
        break;
    default:
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    _exit(0);
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    listener = net_listen(&port);
    epl_add(ep, ours, EPOLLIN);
    epl_add(ep, listener, EPOLLIN);
    exchange();
    for (enum way way = 0; way < WAYS; way++) {
        int client = net_connect(port);
        EPL_EXPECT(ep, listener, EPOLLIN);
        pid_t child = CHECK_FD(fork());
        if (child == 0)
            leave(way);
        check_child_passed(child);
        EPL_EXPECT(ep, listener, EPOLLIN);
        int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
        net_send_text(client, "hello");
        net_expect_text(fd, "hello");
        net_close(fd);
        net_expect_end(client);
        net_close(client);
        CHECK_SAY(!net_readable(peer, 2), "the child has ended the parent's connection");
        EPL_NOTHING(ep, 1);
        exchange();
    }
    net_close(listener);
    net_close(ours);
    net_expect_end(peer);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
