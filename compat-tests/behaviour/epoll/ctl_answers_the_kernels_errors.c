/* Every refusal of epoll_ctl and epoll_wait, with the kernel's own errno. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int control(int ep, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(ep, operation, fd, &event);
}

static void unwatchable(int ep) {
    char path[] = "/tmp/ringback-test-XXXXXX";
    int file = CHECK_FD(mkstemp(path));
    CHECK_FD(unlink(path));
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
    net_close(file);
    int directory = CHECK_FD(open("/", O_RDONLY | O_DIRECTORY));
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, directory, EPOLLIN), EPERM);
    net_close(directory);
    int null = CHECK_FD(open("/dev/null", O_RDONLY));
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, null, EPOLLIN), EPERM);
    net_close(null);
}

static void registrations(int ep, int ours) {
    CHECK_ERRNO(control(ep, EPOLL_CTL_MOD, ours, EPOLLIN), ENOENT);
    CHECK_ERRNO(control(ep, EPOLL_CTL_DEL, ours, 0), ENOENT);
    epl_add(ep, ours, EPOLLIN);
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, ours, EPOLLIN), EEXIST);
    CHECK_ERRNO(control(ep, EPOLL_CTL_MOD, ours, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
    CHECK_ERRNO(control(ep, 77, ours, EPOLLIN), EINVAL);
    epl_delete(ep, ours);
    CHECK_ERRNO(control(ep, EPOLL_CTL_DEL, ours, 0), ENOENT);
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, ours, EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLIN), EINVAL);
}

static void bad_numbers(int ep, int ours) {
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, -1, EPOLLIN), EBADF);
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, 400, EPOLLIN), EBADF);
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, 1 << 30, EPOLLIN), EBADF);
    CHECK_ERRNO(control(-1, EPOLL_CTL_ADD, ours, EPOLLIN), EBADF);
    CHECK_ERRNO(control(ep, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
    CHECK_ERRNO(control(ours, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL);
    int gone = CHECK_FD(eventfd(0, EFD_CLOEXEC));
    epl_add(ep, gone, EPOLLIN);
    net_close(gone);
    CHECK_ERRNO(control(ep, EPOLL_CTL_MOD, gone, EPOLLIN), EBADF);
    CHECK_ERRNO(control(ep, EPOLL_CTL_DEL, gone, 0), EBADF);
}

static void bad_waits(int ep, int ours) {
    struct epoll_event event[2];
    /* The compiler knows epoll_wait and refuses to compile what is asked of the kernel here. */
    volatile int negative = -1;
    CHECK_ERRNO(epoll_wait(ep, event, 0, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(ep, event, negative, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(-1, event, 2, 0), EBADF);
    CHECK_ERRNO(epoll_wait(ours, event, 2, 0), EINVAL);
    CHECK_ERRNO(epoll_create(0), EINVAL);
    CHECK_ERRNO(epoll_create1(1), EINVAL);
    CHECK_INT(epoll_wait(ep, event, 2, 0), 0);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    /* Once before the first wait, when nothing is decided, and once after it. */
    for (int round = 0; round < 2; round++) {
        unwatchable(ep);
        registrations(ep, ours);
        bad_numbers(ep, ours);
        bad_waits(ep, ours);
    }
    /* After all the refusals it still watches. */
    epl_add(ep, ours, EPOLLOUT);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    struct epoll_event event;
    CHECK_ERRNO(epoll_wait(ep, &event, 1, 0), EBADF);
    return check_passed();
}
