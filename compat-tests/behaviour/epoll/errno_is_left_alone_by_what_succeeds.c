/* A call that succeeds leaves errno as it was: programs test it after the fact, and signal handlers forget to save it.
 * On a socket that a running loop watches, and that has been read from before. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MARK = 4711 };

/* The call succeeds and errno is still the mark. */
#define KEEPS(call) keeps((errno = MARK, (long)(call)), #call, __LINE__)

static long keeps(long result, const char *text, int line) {
    int error = errno;
    if (result < 0 || error != MARK)
        check_fail(__FILE__, line, "%s: %ld, errno %d", text, result, error);
    return result;
}

static int ep, ours, peer;

static void turn(long events) {
    struct epoll_event event[4];
    CHECK_INT(KEEPS(epoll_wait(ep, event, 4, events > 0 ? 2000 : 1)), events);
}

static void arrive(const char *text) {
    net_send_text(peer, text);
    turn(1);
    turn(1);
}

static void bytes_in(void) {
    char bytes[8];
    struct iovec part = {.iov_base = bytes, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    arrive("1234567");
    KEEPS(recv(ours, bytes, sizeof bytes, MSG_PEEK));
    KEEPS(read(ours, bytes, 1));
    KEEPS(readv(ours, &part, 1));
    KEEPS(recv(ours, bytes, 1, 0));
    KEEPS(recvfrom(ours, bytes, 1, MSG_DONTWAIT, NULL, NULL));
    KEEPS(recvmsg(ours, &message, 0));
    KEEPS(syscall(SYS_recvmsg, ours, &message, 0));
    KEEPS(read(ours, bytes, sizeof bytes));
    CHECK_ERRNO(read(ours, bytes, sizeof bytes), EAGAIN);
}

static void bytes_out(void) {
    char byte = 'x';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    KEEPS(write(ours, &byte, 1));
    KEEPS(writev(ours, &part, 1));
    KEEPS(send(ours, &byte, 1, 0));
    KEEPS(sendto(ours, &byte, 1, 0, NULL, 0));
    KEEPS(sendmsg(ours, &message, 0));
    net_expect_text(peer, "xxxxx");
}

static void looks(void) {
    int value = 0;
    socklen_t length = sizeof value;
    struct pollfd wait = {.fd = ours, .events = POLLIN};
    struct timeval now = {0};
    fd_set set;
    arrive("z");
    KEEPS(ioctl(ours, FIONREAD, &value));
    KEEPS(poll(&wait, 1, 0));
    FD_ZERO(&set);
    FD_SET(ours, &set);
    KEEPS(select(ours + 1, &set, NULL, NULL, &now));
    KEEPS(getsockopt(ours, SOL_SOCKET, SO_ERROR, &value, &length));
    KEEPS(setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
    KEEPS(fcntl(ours, F_SETFL, fcntl(ours, F_GETFL)));
    net_expect_text(ours, "z");
}

static void interest(void) {
    struct epoll_event event = {.events = EPOLLOUT, .data.fd = ours};
    KEEPS(epoll_ctl(ep, EPOLL_CTL_MOD, ours, &event));
    turn(1);
    KEEPS(epoll_ctl(ep, EPOLL_CTL_DEL, ours, NULL));
    turn(0);
    event.events = EPOLLIN;
    KEEPS(epoll_ctl(ep, EPOLL_CTL_ADD, ours, &event));
    turn(0);
}

static void copies(void) {
    int copy = (int)KEEPS(dup(ours));
    KEEPS(dup2(peer, copy));
    KEEPS(dup3(peer, copy, O_CLOEXEC));
    KEEPS(close(copy));
    copy = (int)KEEPS(fcntl(ours, F_DUPFD_CLOEXEC, 0));
    KEEPS(syscall(SYS_close, copy));
}

static void connections(void) {
    uint16_t port;
    int listener = net_listen(&port);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    KEEPS(epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event));
    for (int i = 0; i < 3; i++) {
        int client = net_connect(port);
        turn(1);
        int fd = (int)KEEPS(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
        CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
        turn(0);
        KEEPS(close(fd));
        net_close(client);
    }
    KEEPS(close(listener));
}

int main(void) {
    check_begin(10);
    net_tcp_pair(&ours, &peer);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = ours};
    ep = (int)KEEPS(epoll_create1(EPOLL_CLOEXEC));
    KEEPS(epoll_ctl(ep, EPOLL_CTL_ADD, ours, &event));
    turn(0);
    for (int i = 0; i < 2; i++) {
        bytes_in();
        bytes_out();
        looks();
        interest();
    }
    connections();
    copies();
    bytes_in();
    KEEPS(shutdown(ours, SHUT_WR));
    KEEPS(close(ours));
    KEEPS(close(ep));
    net_close(peer);
    return check_passed();
}
