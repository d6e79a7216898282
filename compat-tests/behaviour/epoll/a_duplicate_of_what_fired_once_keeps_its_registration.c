/* A registration that has fired once belongs to the file like any other: it is set anew by the number, lives on while a
 * duplicate does, and survives dup2() of one of the file's names onto the other. And an interest that only the kernel's
 * epoll can serve is taken while received bytes still wait to be read. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_anew_then_closed(void) {
    int ours, peer, ep = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLOUT | EPOLLONESHOT);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    int copy = CHECK_FD(dup(ours));
    epl_modify(ep, ours, EPOLLIN);
    net_close(ours);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(copy, "x");
    EPL_NOTHING(ep, 5);
    net_close(copy);
    net_close(peer);
    net_close(ep);
}

static void named_again(void) {
    int ep = epl_create(), counter = CHECK_FD(eventfd(1, EFD_NONBLOCK));
    epl_add(ep, counter, EPOLLIN | EPOLLONESHOT);
    EPL_EXPECT(ep, counter, EPOLLIN);
    int copy = CHECK_FD(dup(counter));
    CHECK_INT(dup2(copy, counter), counter);
    EPL_NOTHING(ep, 5);
    epl_modify(ep, counter, EPOLLIN);
    EPL_EXPECT(ep, counter, EPOLLIN);
    net_close(copy);
    net_close(counter);
    EPL_NOTHING(ep, 5);
    net_close(ep);
}

static void unusual_while_bytes_wait(void) {
    int ours, peer, ep = epl_stream(&ours, &peer);
    net_send_text(peer, "ahead");
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_modify(ep, ours, EPOLLIN | EPOLLPRI);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "ahead");
    EPL_NOTHING(ep, 5);
    CHECK_INT(send(peer, "!", 1, MSG_OOB), 1);
    EPL_EXPECT(ep, ours, EPOLLPRI);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    set_anew_then_closed();
    named_again();
    unusual_while_bytes_wait();
    return check_passed();
}
