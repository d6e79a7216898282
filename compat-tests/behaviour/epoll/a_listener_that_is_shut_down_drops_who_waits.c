/* shutdown() of a listener resets the connections that nobody accepted, those that a loop accepted ahead as well, and
 * from then on the listener tells of a hangup only; one that fires once tells what holds, not what held. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void expect_reset(int client) {
    char byte;
    ssize_t got = read(client, &byte, 1);
    CHECK_SAY(got == 0 || (got == -1 && errno == ECONNRESET), "the connection is still there");
    net_close(client);
}

static void with_connections_ahead(int how) {
    uint16_t port;
    int ep = epl_create(), listener = net_listen(&port), first = net_connect(port), accepted;
    epl_add(ep, listener, EPOLLIN);
    EPL_EXPECT(ep, listener, EPOLLIN);
    accepted = CHECK_FD(accept(listener, NULL, NULL));
    EPL_NOTHING(ep, 5);
    int waiting[2] = {net_connect(port), net_connect(port)};
    EPL_EXPECT(ep, listener, EPOLLIN);
    EPL_EXPECT(ep, listener, EPOLLIN);
    CHECK(shutdown(listener, how) == 0);
    EPL_EXPECT(ep, listener, EPOLLHUP);
    CHECK_ERRNO(accept(listener, NULL, NULL), EINVAL);
    expect_reset(waiting[0]);
    expect_reset(waiting[1]);
    net_close(accepted);
    net_close(first);
    net_close(listener);
    net_close(ep);
}

static void that_fires_once(void) {
    uint16_t port;
    int ep = epl_create(), listener = net_listen(&port);
    epl_add(ep, listener, EPOLLIN | EPOLLONESHOT);
    EPL_NOTHING(ep, 1);
    int client = net_connect(port);
    CHECK(shutdown(listener, SHUT_RDWR) == 0);
    EPL_EXPECT(ep, listener, EPOLLHUP);
    expect_reset(client);
    net_close(listener);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    with_connections_ahead(SHUT_RD);
    with_connections_ahead(SHUT_RDWR);
    that_fires_once();
    return check_passed();
}
