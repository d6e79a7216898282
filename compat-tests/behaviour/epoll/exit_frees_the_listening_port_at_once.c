/* A process that ends, by exit, _exit, quick_exit or exec, with a watched listener and connections: when waitpid
 * returns, the port can be bound again and the clients see the end. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum way { BY_EXIT, BY_UNDERSCORE_EXIT, BY_QUICK_EXIT, BY_EXEC, WAYS };

static _Noreturn void leave(enum way way) {
    if (way == BY_EXEC) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    if (way == BY_UNDERSCORE_EXIT)
        _exit(0);
    if (way == BY_QUICK_EXIT)
        quick_exit(0);
    exit(0);
}

static _Noreturn void serve(int listener, int ready, enum way way) {
    check_child(10);
    int ep = epl_create();
    epl_add(ep, listener, EPOLLIN);
    EPL_NOTHING(ep, 1);
    CHECK_INT(write(ready, "r", 1), 1);
    EPL_EXPECT(ep, listener, EPOLLIN);
    int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    epl_add(ep, fd, EPOLLIN);
    EPL_EXPECT(ep, fd, EPOLLIN);
    net_expect_text(fd, "go");
    EPL_NOTHING(ep, 1);
    leave(way);
}

static void end_one(enum way way) {
    uint16_t port;
    int listener = net_listen(&port), ready[2];
    CHECK_FD(pipe(ready));
    pid_t child = CHECK_FD(fork());
    if (child == 0)
        serve(listener, ready[1], way);
    net_close(listener);
    net_close(ready[1]);
    net_expect_text(ready[0], "r");
    net_close(ready[0]);
    int client = net_connect(port);
    net_send_text(client, "go");
    check_child_passed(child);

    struct sockaddr_in address = net_address(port);
    int again = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int on = 1;
    CHECK_FD(setsockopt(again, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    CHECK_SAY(bind(again, (struct sockaddr *)&address, sizeof address) == 0 && listen(again, 1) == 0,
              "the port is still taken: %s", strerror(errno));
    CHECK_SAY(net_readable(client, 0), "the client does not see the end at once");
    net_expect_end(client);
    net_close(client);
    net_close(again);
}

int main(void) {
    check_begin(10);
    check_expect_any();
    for (int round = 0; round < 3; round++)
        for (enum way way = 0; way < WAYS; way++)
            end_one(way);
    return check_passed();
}
