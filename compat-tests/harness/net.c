#include "net.h"

#include "check.h"
#include "pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 65536, FOREVER = -1 };

struct sockaddr_in net_address(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

uint16_t net_port(int fd) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    CHECK_FD(getsockname(fd, (struct sockaddr *)&address, &length));
    return ntohs(address.sin_port);
}

int net_listen(uint16_t *port) {
    struct sockaddr_in address = net_address(0);
    int fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), on = 1;
    CHECK_FD(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    CHECK_FD(bind(fd, (struct sockaddr *)&address, sizeof address));
    CHECK_FD(listen(fd, 1024));
    *port = net_port(fd);
    return fd;
}

int net_connect(uint16_t port) {
    struct sockaddr_in address = net_address(port);
    int fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK_FD(connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

void net_tcp_pair(int *ours, int *peer) {
    uint16_t port;
    int listener = net_listen(&port);
    *peer = net_connect(port);
    CHECK(net_readable(listener, FOREVER));
    *ours = CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    net_close(listener);
}

void net_unix_pair(int *ours, int *peer) {
    int ends[2];
    CHECK_FD(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    *ours = ends[0];
    *peer = ends[1];
    net_nonblocking(*ours);
}

void net_pipe(int ends[2]) {
    CHECK_FD(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
}

static void net__set_blocking(int fd, bool blocking) {
    int flags = CHECK_FD(fcntl(fd, F_GETFL));
    CHECK_FD(fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK));
}

void net_nonblocking(int fd) {
    net__set_blocking(fd, false);
}

void net_blocking(int fd) {
    net__set_blocking(fd, true);
}

void net_small_buffers(int fd) {
    int bytes = 32768;
    CHECK_FD(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes));
    CHECK_FD(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes));
}

void net_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    CHECK_FD(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
    net_close(fd);
}

void net_close(int fd) {
    CHECK_FD(close(fd));
}

static bool net__wait(int fd, short events, int ms) {
    struct pollfd wait = {.fd = fd, .events = events};
    int ready;
    do
        ready = poll(&wait, 1, ms);
    while (ready == -1 && errno == EINTR);
    CHECK_FD(ready);
    return ready == 1;
}

bool net_readable(int fd, int ms) {
    return net__wait(fd, POLLIN, ms);
}

void net_send_all(int fd, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, next, size, MSG_NOSIGNAL);
        if (sent == -1 && (errno == EAGAIN || errno == EINTR)) {
            net__wait(fd, POLLOUT, FOREVER);
            continue;
        }
        CHECK_SAY(sent >= 0, "send: %s", strerror(errno));
        next += sent;
        size -= (size_t)sent;
    }
}

void net_send_text(int fd, const char *text) {
    net_send_all(fd, text, strlen(text));
}

/* Reads at least one byte, waiting as needed. Returns 0 at the end of the stream. */
static size_t net__receive(int fd, void *bytes, size_t size) {
    for (;;) {
        ssize_t got = read(fd, bytes, size);
        if (got >= 0)
            return (size_t)got;
        CHECK_SAY(errno == EAGAIN || errno == EINTR, "read: %s", strerror(errno));
        net__wait(fd, POLLIN, FOREVER);
    }
}

void net_receive_all(int fd, void *bytes, size_t size) {
    char *next = bytes;
    while (size > 0) {
        size_t got = net__receive(fd, next, size);
        CHECK_SAY(got > 0, "the stream ended %zu bytes early", size);
        next += got;
        size -= got;
    }
}

void net_expect_text(int fd, const char *text) {
    char got[256] = "";
    size_t length = strlen(text);
    CHECK(length < sizeof got);
    net_receive_all(fd, got, length);
    CHECK_SAY(memcmp(got, text, length) == 0, "got \"%s\", not \"%s\"", got, text);
}

void net_expect_end(int fd) {
    char byte;
    CHECK_INT(net__receive(fd, &byte, 1), 0);
}

void net_send_pattern(int fd, uint64_t seed, uint64_t offset, size_t size) {
    static _Thread_local char piece[PIECE];
    while (size > 0) {
        size_t now = size < PIECE ? size : PIECE;
        pattern_fill(seed, offset, piece, now);
        net_send_all(fd, piece, now);
        offset += now;
        size -= now;
    }
}

void net_receive_pattern(int fd, uint64_t seed, uint64_t offset, size_t size) {
    static _Thread_local char piece[PIECE];
    while (size > 0) {
        size_t got = net__receive(fd, piece, size < PIECE ? size : PIECE);
        CHECK_SAY(got > 0, "the stream ended %zu bytes early", size);
        pattern_check(seed, offset, piece, got);
        offset += got;
        size -= got;
    }
}

union net__passage {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

void net_pass_fd(int over, int fd) {
    union net__passage passage = {
        .header.cmsg_level = SOL_SOCKET, .header.cmsg_type = SCM_RIGHTS, .header.cmsg_len = CMSG_LEN(sizeof fd)};
    struct iovec one = {"f", 1};
    struct msghdr message = {
        .msg_iov = &one, .msg_iovlen = 1, .msg_control = &passage, .msg_controllen = sizeof passage};
    memcpy(CMSG_DATA(&passage.header), &fd, sizeof fd);
    CHECK_INT(sendmsg(over, &message, 0), 1);
}

int net_take_fd(int over) {
    union net__passage passage = {0};
    char byte;
    struct iovec one = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &one, .msg_iovlen = 1, .msg_control = &passage, .msg_controllen = sizeof passage};
    int fd;
    CHECK_INT(recvmsg(over, &message, MSG_CMSG_CLOEXEC), 1);
    CHECK_SAY(message.msg_controllen >= sizeof(struct cmsghdr), "the passed descriptor is lost");
    memcpy(&fd, CMSG_DATA(&passage.header), sizeof fd);
    return fd;
}
