/* connect() without blocking: EPOLLOUT when it is made, SO_ERROR 0; a refused one is EPOLLERR|EPOLLHUP with
 * ECONNREFUSED in SO_ERROR, once. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>

static int begin(uint16_t port) {
    struct sockaddr_in address = net_address(port);
    int fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    CHECK_ERRNO(connect(fd, (struct sockaddr *)&address, sizeof address), EINPROGRESS);
    return fd;
}

static int socket_error(int fd) {
    int error = -1;
    socklen_t length = sizeof error;
    CHECK_FD(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
    return error;
}

int main(void) {
    check_begin(10);
    uint16_t port;
    int ep = epl_create(), listener = net_listen(&port);
    int fd = begin(port);
    epl_add(ep, fd, EPOLLOUT);
    EPL_EXPECT(ep, fd, EPOLLOUT);
    CHECK_INT(socket_error(fd), 0);
    net_close(fd);
    net_close(listener);

    /* Added before it is connected at all: a fresh socket is hung up. */
    fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    epl_add(ep, fd, EPOLLIN | EPOLLOUT);
    EPL_EXPECT(ep, fd, EPOLLOUT | EPOLLHUP);
    net_close(fd);

    fd = begin(port);
    epl_add(ep, fd, EPOLLIN | EPOLLOUT);
    EPL_EXPECT(ep, fd, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP);
    CHECK_INT(socket_error(fd), ECONNREFUSED);
    CHECK_INT(socket_error(fd), 0);
    EPL_EXPECT(ep, fd, EPOLLIN | EPOLLOUT | EPOLLHUP);
    net_close(fd);
    net_close(ep);
    return check_passed();
}
