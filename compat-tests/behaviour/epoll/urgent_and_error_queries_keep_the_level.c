/* Asking for urgent data or for the error queue answers EAGAIN when there is none; that says nothing of the bytes,
 * which are reported for as long as some of them are unread. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>

static void query(int ep, int ours, int peer, const char *text) {
    char bytes[8];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    net_send_text(peer, text);
    EPL_EXPECT(ep, ours, EPOLLIN);
    CHECK_ERRNO(recvmsg(ours, &message, MSG_ERRQUEUE), EAGAIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    CHECK_ERRNO(recv(ours, bytes, sizeof bytes, MSG_ERRQUEUE), EAGAIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, text);
    EPL_NOTHING(ep, 1);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    query(ep, ours, peer, "once");
    query(ep, ours, peer, "twice");
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
