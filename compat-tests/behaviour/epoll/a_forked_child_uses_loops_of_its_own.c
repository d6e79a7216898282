/* After fork the parent's loop goes on untouched, and the child makes an epoll of its own, on inherited sockets too, or
 * uses the inherited one, as the kernel allows. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/wait.h>
#include <unistd.h>

static void child_with_its_own_loop(int ours, int peer) {
    check_child(10);
    int ep = epl_create(), mine, my_peer;
    net_tcp_pair(&mine, &my_peer);
    epl_add(ep, mine, EPOLLIN);
    net_send_text(my_peer, "mine");
    EPL_EXPECT(ep, mine, EPOLLIN);
    net_expect_text(mine, "mine");
    EPL_NOTHING(ep, 1);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "child");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "child");
    EPL_NOTHING(ep, 1);
    net_close(ep);
    _exit(0);
}

static void child_with_the_inherited_loop(int ep, int ours, int peer) {
    check_child(10);
    net_send_text(peer, "inherited");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "inherited");
    EPL_NOTHING(ep, 1);
    _exit(0);
}

static void parent_still_works(int ep, int ours, int peer) {
    EPL_NOTHING(ep, 2);
    net_send_text(peer, "parent");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "parent");
    EPL_NOTHING(ep, 1);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    parent_still_works(ep, ours, peer);
    pid_t child = CHECK_FD(fork());
    if (child == 0)
        child_with_its_own_loop(ours, peer);
    check_child_passed(child);
    parent_still_works(ep, ours, peer);
    child = CHECK_FD(fork());
    if (child == 0)
        child_with_the_inherited_loop(ep, ours, peer);
    check_child_passed(child);
    parent_still_works(ep, ours, peer);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
