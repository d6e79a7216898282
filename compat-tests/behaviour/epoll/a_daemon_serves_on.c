/* daemon(3) forks by a call that nobody sees, and ends the parent by another: before the first wait and after it, the
 * loop, its listener and its connections go on in the child. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/socket.h>
#include <unistd.h>

enum { SERVED_BEFORE = 1, SERVED_AFTER = 3 };

static void exchange(int ep, int ours, int peer) {
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
}

/* `say` asks for a client. */
static void serve_one(int ep, int listener, int say) {
    CHECK_INT(write(say, "c", 1), 1);
    EPL_EXPECT(ep, listener, EPOLLIN);
    int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    epl_add(ep, fd, EPOLLIN);
    EPL_EXPECT(ep, fd, EPOLLIN);
    net_expect_text(fd, "hello");
    EPL_NOTHING(ep, 1);
    net_send_text(fd, "served");
    net_close(fd);
    EPL_NOTHING(ep, 1);
}

static _Noreturn void become_a_daemon(int listener, int say, bool waited_before) {
    int ours, peer, ep = epl_create();
    check_child(10);
    net_tcp_pair(&ours, &peer);
    epl_add(ep, listener, EPOLLIN);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; waited_before && i < SERVED_BEFORE; i++) {
        serve_one(ep, listener, say);
        exchange(ep, ours, peer);
    }
    CHECK_FD(daemon(1, 1));
    check_child(10);
    exchange(ep, ours, peer);
    for (int i = 0; i < SERVED_AFTER; i++)
        serve_one(ep, listener, say);
    exchange(ep, ours, peer);
    check_carrier();
    /* Nobody waits for a daemon's status. */
    CHECK_INT(write(say, "passed", 6), 6);
    _exit(0);
}

static void be_served(uint16_t port, int hear) {
    net_expect_text(hear, "c");
    int client = net_connect(port);
    net_send_text(client, "hello");
    net_expect_text(client, "served");
    net_expect_end(client);
    net_close(client);
}

int main(void) {
    check_begin(10);
    check_expect_any(); /* the loops run in children, which look for themselves */
    for (int waited_before = 0; waited_before < 2; waited_before++) {
        uint16_t port;
        int listener = net_listen(&port), said[2];
        CHECK_FD(pipe(said));
        pid_t child = CHECK_FD(fork());
        if (child == 0)
            become_a_daemon(listener, said[1], waited_before);
        net_close(listener);
        net_close(said[1]);
        for (int i = 0; waited_before && i < SERVED_BEFORE; i++)
            be_served(port, said[0]);
        check_child_passed(child);
        for (int i = 0; i < SERVED_AFTER; i++)
            be_served(port, said[0]);
        net_expect_text(said[0], "passed");
        net_close(said[0]);
    }
    return check_passed();
}
