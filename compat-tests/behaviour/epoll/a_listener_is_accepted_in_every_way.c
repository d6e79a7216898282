/* Connections that arrive while the loop runs: level and edge reporting of a listener, accept and accept4 with their
 * flags and peer address, EAGAIN when none is left, and a close of the listener that leaves no client hanging. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static void flags_and_address(int ep, int listener, uint16_t port, bool use_accept4) {
    int client = net_connect(port);
    EPL_EXPECT(ep, listener, EPOLLIN);
    EPL_EXPECT(ep, listener, EPOLLIN);
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    struct sockaddr *to = (struct sockaddr *)&address;
    int fd = use_accept4 ? accept4(listener, to, &length, SOCK_NONBLOCK | SOCK_CLOEXEC) : accept(listener, to, &length);
    CHECK_FD(fd);
    CHECK_INT(length, sizeof address);
    CHECK_INT(ntohs(address.sin_port), net_port(client));
    CHECK_INT(ntohl(address.sin_addr.s_addr), INADDR_LOOPBACK);
    CHECK_INT(fcntl(fd, F_GETFL) & O_NONBLOCK, use_accept4 ? O_NONBLOCK : 0);
    CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, use_accept4 ? FD_CLOEXEC : 0);
    CHECK_ERRNO(accept4(listener, NULL, NULL, SOCK_CLOEXEC), EAGAIN);
    EPL_NOTHING(ep, 1);
    net_send_text(client, "x");
    net_blocking(fd);
    net_expect_text(fd, "x");
    net_close(fd);
    net_expect_end(client);
    net_close(client);
}

static void one_by_one(int ep, int listener, uint16_t port) {
    enum { CLIENTS = 40 };
    int client[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        client[i] = net_connect(port);
    for (int i = 0; i < CLIENTS; i++) {
        EPL_EXPECT(ep, listener, EPOLLIN);
        int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
        net_send_text(fd, "hello");
        net_close(fd);
    }
    EPL_NOTHING(ep, 1);
    for (int i = 0; i < CLIENTS; i++) {
        net_expect_text(client[i], "hello");
        net_expect_end(client[i]);
        net_close(client[i]);
    }
}

/* noticed: the loop has had a turn since the client came. */
static void closed_with_a_client_waiting(int ep, int listener, uint16_t port, bool noticed) {
    int client = net_connect(port);
    if (noticed)
        EPL_EXPECT(ep, listener, EPOLLIN);
    net_close(listener);
    /* The kernel resets what nobody accepted. */
    char byte;
    CHECK_SAY(net_readable(client, check_scaled(1000)), "the waiting client is left hanging");
    CHECK_ERRNO(read(client, &byte, 1), ECONNRESET);
    net_close(client);
    EPL_NOTHING(ep, 1);
    struct sockaddr_in address = net_address(port);
    int late = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK_ERRNO(connect(late, (struct sockaddr *)&address, sizeof address), ECONNREFUSED);
    net_close(late);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    for (int noticed = 0; noticed < 2; noticed++) {
        uint16_t port;
        int listener = net_listen(&port);
        epl_add(ep, listener, EPOLLIN);
        EPL_NOTHING(ep, 1);
        for (int i = 0; i < 4; i++)
            flags_and_address(ep, listener, port, i & 1);
        one_by_one(ep, listener, port);
        closed_with_a_client_waiting(ep, listener, port, noticed);
    }
    net_close(ep);
    return check_passed();
}
