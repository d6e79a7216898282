/* Descriptors that end without close(): dup2 onto them and close_range over them. The peer sees the end at once, and
 * the new owner of the number gets its own bytes. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static void watched_pair(int ep, int *ours, int *peer) {
    net_tcp_pair(ours, peer);
    epl_add(ep, *ours, EPOLLIN);
    net_send_text(*peer, "x");
    EPL_EXPECT(ep, *ours, EPOLLIN);
    net_expect_text(*ours, "x");
    EPL_NOTHING(ep, 1);
}

static void replaced_by_dup2(int ep) {
    int ours, peer, other, other_peer;
    watched_pair(ep, &ours, &peer);
    net_unix_pair(&other, &other_peer);
    CHECK_INT(dup2(other, ours), ours);
    CHECK_SAY(net_readable(peer, 1000), "no FIN after dup2");
    net_expect_end(peer);
    net_send_text(other_peer, "other");
    EPL_NOTHING(ep, 2);
    net_expect_text(ours, "other");
    CHECK_INT(dup2(ours, ours), ours);
    CHECK_ERRNO(dup2(-1, ours), EBADF);
    net_send_text(other_peer, "still");
    net_expect_text(ours, "still");
    net_close(ours);
    net_close(peer);
    net_close(other);
    net_close(other_peer);
}

static void ended_by_close_range(int ep, bool by_syscall) {
    int ours, peer;
    char byte;
    watched_pair(ep, &ours, &peer);
    if (by_syscall)
        CHECK_INT(syscall(SYS_close_range, ours, ours, 0), 0);
    else
        CHECK_INT(close_range((unsigned)ours, (unsigned)ours, 0), 0);
    CHECK_SAY(net_readable(peer, 1000), "no FIN after close_range");
    net_expect_end(peer);
    net_close(peer);
    EPL_NOTHING(ep, 2);
    CHECK_ERRNO(read(ours, &byte, 1), EBADF);
}

/* Several at once, which have had other numbers before. */
static void moved_and_ended_by_close_range(int ep) {
    enum { FIRST = 300, COUNT = 3 };
    int peer[COUNT];
    for (int i = 0; i < COUNT; i++) {
        int ours;
        watched_pair(ep, &ours, &peer[i]);
        /* Put the sockets side by side, the registration with them. */
        epl_delete(ep, ours);
        CHECK_INT(dup2(ours, FIRST + i), FIRST + i);
        net_close(ours);
        epl_add(ep, FIRST + i, EPOLLIN);
    }
    EPL_NOTHING(ep, 1);
    CHECK_INT(close_range(FIRST, FIRST + COUNT - 1, 0), 0);
    for (int i = 0; i < COUNT; i++) {
        CHECK_SAY(net_readable(peer[i], 1000), "no FIN after close_range");
        net_expect_end(peer[i]);
        net_close(peer[i]);
    }
    EPL_NOTHING(ep, 2);
    char byte;
    CHECK_ERRNO(read(FIRST, &byte, 1), EBADF);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    replaced_by_dup2(ep);
    ended_by_close_range(ep, false);
    ended_by_close_range(ep, true);
    moved_and_ended_by_close_range(ep);
    net_close(ep);
    return check_passed();
}
