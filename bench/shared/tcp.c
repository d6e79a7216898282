/* tcp - see tcp.h. */
#include "tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4096, PORT_MAX = 65535, EXIT_USAGE = 2 };

bool tcp_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number) {
    if (text[0] < '0' || text[0] > '9') {
        return false; /* strtoull would take a sign and turn -1 into a huge number */
    }
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max) {
        return false;
    }
    *number = value;
    return true;
}

int tcp_server_begin(int argc, char **argv) {
    uint64_t port = 0;
    if (argc != 2 || !tcp_parse_number(argv[1], 0, PORT_MAX, &port)) {
        (void)fprintf(stderr, "usage: %s PORT   (0: any free port; printed as \"ready PORT\")\n", argv[0]);
        exit(EXIT_USAGE);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    return (int)port;
}

struct sockaddr_in tcp_loopback(int port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    return address;
}

/* Close fd, keep the errno of the call that failed before it. */
static int close_and_fail(int fd) {
    int error = errno;
    (void)close(fd);
    return -error;
}

int tcp_listen(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int on = 1;
    struct sockaddr_in address = tcp_loopback(port);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        return close_and_fail(fd);
    }
    return fd;
}

int tcp_connect(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int on = 1;
    struct sockaddr_in address = tcp_loopback(port);
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return close_and_fail(fd);
    }
    if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) != 0) {
        return close_and_fail(fd);
    }
    return fd;
}

int tcp_announce_fd(int fd) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        return -errno;
    }
    const int port = address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
    if (printf("ready %d\n", port) < 0 || fflush(stdout) != 0) {
        return -EIO;
    }
    return 0;
}

int tcp_terminate_fd(void) {
    sigset_t wanted;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGINT);
    if (sigprocmask(SIG_BLOCK, &wanted, NULL) != 0) {
        return -errno;
    }
    int fd = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

uint64_t tcp_now_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}
