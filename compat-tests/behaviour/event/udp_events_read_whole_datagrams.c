/* A UDP socket on a raw event, as a DNS server uses libevent: recvfrom until EAGAIN, sendto back. */
#include "check.h"
#include "event_loop.h"
#include "net.h"
#include "pattern.h"

#include <errno.h>
#include <sys/socket.h>

enum { COUNT = 120 };

static unsigned served;

static void on_event(evutil_socket_t fd, short what, void *arg) {
    (void)what, (void)arg;
    static char bytes[20000];
    for (;;) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t got = recvfrom((int)fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
        if (got == -1) {
            CHECK_INT(errno, EAGAIN);
            return;
        }
        CHECK_INT(length, sizeof from);
        CHECK_INT(sendto((int)fd, bytes, (size_t)got, 0, (struct sockaddr *)&from, length), got);
        served++;
    }
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct sockaddr_in address = net_address(0);
    int server = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    CHECK_FD(bind(server, (struct sockaddr *)&address, sizeof address));
    address = net_address(net_port(server));
    int client = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    CHECK_FD(connect(client, (struct sockaddr *)&address, sizeof address));
    struct event *event = event_new(base, server, EV_READ | EV_PERSIST, on_event, NULL);
    CHECK_INT(event_add(event, NULL), 0);
    static char bytes[20000];
    for (unsigned i = 0; i < COUNT; i++) {
        size_t size = i * i * 7 % 9000 * (i % 5 != 0);
        pattern_fill(i, 0, bytes, size);
        CHECK_INT(send(client, bytes, size, 0), size);
        while (served <= i)
            CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
        CHECK_INT(recv(client, bytes, sizeof bytes, 0), size);
        pattern_check(i, 0, bytes, size);
    }
    event_free(event);
    net_close(server);
    net_close(client);
    evl_end(base);
    return check_passed();
}
