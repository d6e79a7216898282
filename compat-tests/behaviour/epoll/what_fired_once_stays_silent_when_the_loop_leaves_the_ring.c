/* A single shot has fired; then the loop is polled from outside, which takes it off the ring. Nothing of the descriptor
 * is told, not even that its peer has gone, until the interest is changed; and it counts as registered all the time. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int ours, peer;

static int fired_and_off_the_ring(void) {
    int ep = epl_create();

    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN | EPOLLONESHOT);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    CHECK(!net_readable(ep, 0));
    return ep;
}

static void change_tells_again(void) {
    int ep = fired_and_off_the_ring();

    CHECK_INT(shutdown(ours, SHUT_WR), 0);
    net_close(peer);
    EPL_NOTHING(ep, 20);
    CHECK(!net_readable(ep, 0));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = ours};
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ours, &event), EEXIST);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, ours, NULL), EFAULT);
    event.events |= EPOLLEXCLUSIVE;
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, ours, &event), EINVAL);
    EPL_NOTHING(ep, 5);
    epl_modify(ep, ours, EPOLLIN | EPOLLONESHOT);
    EPL_EXPECT(ep, ours, EPOLLIN | EPOLLHUP);
    EPL_NOTHING(ep, 5);
    net_expect_text(ours, "x");
    epl_modify(ep, ours, EPOLLOUT);
    EPL_EXPECT(ep, ours, EPOLLOUT | EPOLLHUP);
    net_close(ours);
    EPL_NOTHING(ep, 5);
    net_close(ep);
}

static void taken_out(void) {
    int ep = fired_and_off_the_ring();

    epl_delete(ep, ours);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, ours, NULL), ENOENT);
    epl_add(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

static void closed_and_the_number_used_again(void) {
    int ep = fired_and_off_the_ring(), before = ours;

    net_close(ours);
    net_close(peer);
    net_tcp_pair(&ours, &peer);
    CHECK(ours == before || peer == before);
    epl_add(ep, before, EPOLLOUT);
    EPL_EXPECT(ep, before, EPOLLOUT);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

static void a_child_changes_it_first(void) {
    int ep = fired_and_off_the_ring();
    pid_t child = CHECK_FD(fork());

    if (child == 0) {
        check_child(10);
        epl_modify(ep, ours, EPOLLIN | EPOLLONESHOT);
        EPL_EXPECT(ep, ours, EPOLLIN);
        _exit(0);
    }
    check_child_passed(child);
    EPL_NOTHING(ep, 5);
    epl_modify(ep, ours, EPOLLIN | EPOLLONESHOT);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    change_tells_again();
    taken_out();
    closed_and_the_number_used_again();
    a_child_changes_it_first();
    return check_passed();
}
