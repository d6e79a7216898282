/* What an eager receive would lose: the urgent mark and EPOLLPRI on TCP, descriptors passed over AF_UNIX, datagrams of
 * length zero and the borders between datagrams. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void urgent(int ep) {
    int ours, peer, at_mark = 0;
    char byte;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN | EPOLLPRI);
    net_send_text(peer, "a");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "a");
    CHECK_INT(send(peer, "bU", 2, MSG_OOB), 2);
    uint32_t events;
    do
        events = epl_wait(ep, ours, 1000);
    while (events == EPOLLIN);
    CHECK_INT(events, EPOLLIN | EPOLLPRI);
    CHECK_INT(recv(ours, &byte, 1, MSG_OOB), 1);
    CHECK_INT(byte, 'U');
    net_expect_text(ours, "b");
    CHECK_FD(ioctl(ours, SIOCATMARK, &at_mark));
    CHECK_INT(at_mark, 1);
    net_close(ours);
    net_close(peer);
}

static void urgent_alone(int ep) {
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLPRI);
    net_send_text(peer, "plain");
    EPL_NOTHING(ep, 5);
    CHECK_INT(send(peer, "U", 1, MSG_OOB), 1);
    EPL_EXPECT(ep, ours, EPOLLPRI);
    net_close(ours);
    net_close(peer);
}

static void descriptors(int ep) {
    int ours, peer, ends[2];
    net_unix_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++) {
        net_pipe(ends);
        net_pass_fd(peer, ends[0]);
        net_close(ends[0]);
        EPL_EXPECT(ep, ours, EPOLLIN);
        EPL_EXPECT(ep, ours, EPOLLIN);
        int fd = net_take_fd(ours);
        CHECK_INT(write(ends[1], "through", 7), 7);
        net_expect_text(fd, "through");
        net_close(fd);
        net_close(ends[1]);
        EPL_NOTHING(ep, 1);
    }
    net_close(ours);
    net_close(peer);
}

static void datagrams(int ep) {
    int ends[2];
    CHECK_FD(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
    epl_add(ep, ends[0], EPOLLIN);
    char bytes[16];
    for (int i = 0; i < 3; i++) {
        CHECK_INT(send(ends[1], "one", 3, 0), 3);
        CHECK_INT(send(ends[1], "", 0, 0), 0);
        CHECK_INT(send(ends[1], "three", 5, 0), 5);
        EPL_EXPECT(ep, ends[0], EPOLLIN);
        CHECK_INT(recv(ends[0], bytes, sizeof bytes, 0), 3);
        EPL_EXPECT(ep, ends[0], EPOLLIN);
        CHECK_INT(recv(ends[0], bytes, sizeof bytes, 0), 0);
        EPL_EXPECT(ep, ends[0], EPOLLIN);
        CHECK_INT(recv(ends[0], bytes, 2, MSG_TRUNC), 5);
        EPL_NOTHING(ep, 1);
    }
    net_close(ends[0]);
    net_close(ends[1]);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    urgent(ep);
    urgent_alone(ep);
    descriptors(ep);
    datagrams(ep);
    net_close(ep);
    return check_passed();
}
