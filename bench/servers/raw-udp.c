/* raw-udp - a libevent datagram echo server: one event, one recvfrom and one sendto each time it fires, as in the
 * library's own examples. It knows nothing of Ringback. */
#include "tcp.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DATAGRAM_BYTES = 64 * 1024 };

static char buffer[DATAGRAM_BYTES];

static void on_readable(evutil_socket_t fd, short what, void *context) {
    (void)what;
    (void)context;
    struct sockaddr_storage from;
    socklen_t length = sizeof(from);
    const ssize_t count = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &length);
    if (count >= 0) {
        /* A datagram that does not fit into the socket is lost, as it would be further on. */
        (void)sendto(fd, buffer, (size_t)count, 0, (const struct sockaddr *)&from, length);
    }
}

static void on_signal(evutil_socket_t number, short what, void *base) {
    (void)number;
    (void)what;
    (void)event_base_loopbreak(base);
}

static int serve(struct event_base *base, int fd) {
    struct event *readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, NULL);
    struct event *terminate = evsignal_new(base, SIGTERM, on_signal, base);
    struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
    if (readable == NULL || terminate == NULL || interrupt == NULL || event_add(readable, NULL) != 0 ||
        event_add(terminate, NULL) != 0 || event_add(interrupt, NULL) != 0 || tcp_announce_fd(fd) != 0) {
        (void)fprintf(stderr, "raw-udp: cannot start\n");
        return EXIT_FAILURE;
    }
    (void)event_base_dispatch(base);
    event_free(readable);
    event_free(terminate);
    event_free(interrupt);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    const struct sockaddr_in address = tcp_loopback(tcp_server_begin(argc, argv));
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct event_base *base = event_base_new();
    if (base == NULL || fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)fprintf(stderr, "raw-udp: cannot make a socket or an event base\n");
        return EXIT_FAILURE;
    }
    const int status = serve(base, fd);
    (void)close(fd);
    event_base_free(base);
    libevent_global_shutdown();
    return status;
}
