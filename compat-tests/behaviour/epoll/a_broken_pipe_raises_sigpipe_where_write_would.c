/* Writing to a connection whose peer is gone: write() and send() raise SIGPIPE and answer EPIPE; MSG_NOSIGNAL and an
 * ignored SIGPIPE give EPIPE alone. The socket is one that a running loop watches. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile sig_atomic_t pipes;

static void count(int signal_number) {
    (void)signal_number;
    pipes++;
}

static void broken_pair(int ep, int *ours, void (*pair)(int *, int *)) {
    int peer;
    pair(ours, &peer);
    epl_add(ep, *ours, EPOLLIN | EPOLLRDHUP);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, *ours, EPOLLIN);
    net_expect_text(*ours, "x");
    /* An answer on the way makes the socket known as one that is written to. */
    CHECK_INT(write(*ours, "y", 1), 1);
    net_expect_text(peer, "y");
    CHECK_FD(shutdown(*ours, SHUT_WR));
    net_close(peer);
    CHECK(epl_wait(ep, *ours, 1000) & EPOLLRDHUP);
}

static void signals(int ep, void (*pair)(int *, int *)) {
    int ours;
    broken_pair(ep, &ours, pair);
    struct sigaction action = {.sa_handler = count};
    CHECK_FD(sigaction(SIGPIPE, &action, NULL));
    struct iovec part = {.iov_base = "z", .iov_len = 1};
    pipes = 0;
    CHECK_ERRNO(write(ours, "z", 1), EPIPE);
    CHECK_INT(pipes, 1);
    CHECK_ERRNO(send(ours, "z", 1, 0), EPIPE);
    CHECK_INT(pipes, 2);
    CHECK_ERRNO(writev(ours, &part, 1), EPIPE);
    CHECK_INT(pipes, 3);
    CHECK_ERRNO(send(ours, "z", 1, MSG_NOSIGNAL), EPIPE);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CHECK_ERRNO(sendmsg(ours, &message, MSG_NOSIGNAL), EPIPE);
    CHECK_INT(pipes, 3);
    action.sa_handler = SIG_IGN;
    CHECK_FD(sigaction(SIGPIPE, &action, NULL));
    CHECK_ERRNO(write(ours, "z", 1), EPIPE);
    net_close(ours);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    signals(ep, net_tcp_pair);
    signals(ep, net_unix_pair);
    net_close(ep);
    return check_passed();
}
