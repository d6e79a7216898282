/* endpoint - see endpoint.h. */
#include "endpoint.h"
#include "tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT_MAX = 65535, EXIT_USAGE = 2, LISTEN_BACKLOG = 4096 };

bool endpoint_parse(struct endpoint *endpoint, const char *text) {
    uint64_t port = 0;
    *endpoint = (struct endpoint){.kind = ENDPOINT_TCP};
    if (text[0] == '/') {
        endpoint->kind = ENDPOINT_UNIX;
        return snprintf(endpoint->path, sizeof(endpoint->path), "%s", text) < (int)sizeof(endpoint->path);
    }
    const bool ok = tcp_parse_number(text, 0, PORT_MAX, &port);
    endpoint->port = (int)port;
    return ok;
}

struct endpoint endpoint_server_begin(int argc, char **argv) {
    struct endpoint endpoint;
    if (argc != 2 || !endpoint_parse(&endpoint, argv[1])) {
        (void)fprintf(stderr, "usage: %s PORT | PATH   (port 0: any free one; printed as \"ready PORT\")\n", argv[0]);
        exit(EXIT_USAGE);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    return endpoint;
}

socklen_t endpoint_address(const struct endpoint *endpoint, struct sockaddr_storage *out) {
    memset(out, 0, sizeof(*out));
    if (endpoint->kind != ENDPOINT_UNIX) {
        const struct sockaddr_in address = tcp_loopback(endpoint->port);
        memcpy(out, &address, sizeof(address));
        return sizeof(address);
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, endpoint->path, sizeof(address.sun_path));
    memcpy(out, &address, sizeof(address));
    return sizeof(address);
}

int endpoint_listen(const struct endpoint *endpoint) {
    if (endpoint->kind != ENDPOINT_UNIX) {
        return tcp_listen(endpoint->port);
    }
    struct sockaddr_storage address;
    const socklen_t length = endpoint_address(endpoint, &address);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (const struct sockaddr *)&address, length) != 0 || listen(fd, LISTEN_BACKLOG) != 0)) {
        const int error = -errno;
        (void)close(fd);
        return error;
    }
    return fd < 0 ? -errno : fd;
}

/* The source's port is left to connect(), which may choose one that is used with another peer. */
static int bind_source(int fd, unsigned source) {
    const int on = 1;
    struct sockaddr_in address = tcp_loopback(0);
    address.sin_addr.s_addr = htonl((ntohl(address.sin_addr.s_addr) & ~UINT32_C(0xff)) | source);
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return -errno;
    }
    return 0;
}

int endpoint_connect(const struct endpoint *endpoint, unsigned source, bool wait) {
    const bool is_unix = endpoint->kind == ENDPOINT_UNIX;
    const bool waits = wait || is_unix; /* a local socket is connected at once, or the backlog is full */
    const int type = (endpoint->kind == ENDPOINT_UDP ? SOCK_DGRAM : SOCK_STREAM) | (waits ? 0 : SOCK_NONBLOCK);
    const int fd = socket(is_unix ? AF_UNIX : AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const int on = 1;
    struct sockaddr_storage address;
    const socklen_t length = endpoint_address(endpoint, &address);
    int error = 0;
    if (endpoint->kind == ENDPOINT_TCP && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
        error = -errno;
    }
    if (error == 0 && source != 0) {
        error = bind_source(fd, source);
    }
    if (error == 0 && connect(fd, (const struct sockaddr *)&address, length) != 0 && (waits || errno != EINPROGRESS)) {
        error = -errno;
    }
    if (error == 0 && waits && fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) != 0) {
        error = -errno;
    }
    if (error != 0) {
        (void)close(fd);
        return error;
    }
    return fd;
}

void endpoint_fifo_path(char *out, const struct endpoint *endpoint, unsigned number, bool in) {
    (void)snprintf(out, ENDPOINT_FIFO_PATH_MAX, "%s.%u.%s", endpoint->path, number, in ? "in" : "out");
}

int endpoint_open_fifo(const struct endpoint *endpoint, unsigned number, int *out_fd, int *in_fd) {
    char path[ENDPOINT_FIFO_PATH_MAX];
    endpoint_fifo_path(path, endpoint, number, true);
    *out_fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (*out_fd < 0) {
        return -errno;
    }
    endpoint_fifo_path(path, endpoint, number, false);
    *in_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*in_fd < 0) {
        const int error = -errno;
        (void)close(*out_fd);
        return error;
    }
    return 0;
}
