/* Bytes that were received ahead belong to the socket, whichever number it is read by: after dup, dup2 and fcntl the
 * copy reads them, in order with what the original reads. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <unistd.h>

static int by_dup2(int fd) {
    return dup2(fd, CHECK_FD(dup(STDERR_FILENO)));
}

static int by_fcntl(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void duplicated(int (*duplicate)(int)) {
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 2; i++) {
        net_send_text(peer, "a");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "a");
        EPL_NOTHING(ep, 1);
    }
    net_send_text(peer, "1234");
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    int copy = CHECK_FD(duplicate(ours));
    CHECK_SAY(net_readable(copy, 100), "the copy has nothing to read");
    net_expect_text(copy, "1");
    net_expect_text(ours, "2");
    net_expect_text(copy, "34");
    net_send_text(peer, "5");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(copy, "5");
    net_close(copy);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    duplicated(dup);
    duplicated(by_dup2);
    duplicated(by_fcntl);
    return check_passed();
}
