/* Epoll goes by the file: what was duplicated before it was added is reported although the number that was added is
 * closed. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <unistd.h>

static void survives(int (*duplicate)(int fd)) {
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    int copy = duplicate(ours);
    CHECK(copy >= 0);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 5);
    net_close(ours);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(copy);
    EPL_NOTHING(ep, 5);
    net_close(peer);
    net_close(ep);
}

static int by_dup2(int fd) {
    int other = dup(STDERR_FILENO);
    return dup2(fd, other);
}

static int by_fcntl(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int main(void) {
    check_begin(10);
    survives(dup);
    survives(by_dup2);
    survives(by_fcntl);
    return check_passed();
}
