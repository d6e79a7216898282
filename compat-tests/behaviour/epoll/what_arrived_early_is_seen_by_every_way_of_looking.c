/* What was received ahead cannot be pushed back: FIONREAD, MSG_PEEK, poll(), select(), MSG_DONTWAIT, MSG_WAITALL,
 * readv, recvmsg and the end of the stream must all tell of the bytes exactly as the kernel would, on a socket that a
 * running loop watches and that has been read from before. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int ep, ours, peer;

/* Several turns: what a ring would receive ahead, it has received now. */
static void arrive(const char *text) {
    net_send_text(peer, text);
    EPL_EXPECT(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++)
        EPL_EXPECT(ep, ours, EPOLLIN);
}

static void expect_waiting(int bytes) {
    int waiting = -1;
    CHECK_FD(ioctl(ours, FIONREAD, &waiting));
    CHECK_INT(waiting, bytes);
}

static void expect_peek(const char *text) {
    char bytes[64] = "";
    CHECK_INT(recv(ours, bytes, sizeof bytes, MSG_PEEK), strlen(text));
    CHECK_SAY(strcmp(bytes, text) == 0, "peeked \"%s\", not \"%s\"", bytes, text);
}

static void look(void) {
    char byte;
    arrive("hello");
    expect_waiting(5);
    expect_peek("hello");
    CHECK(net_readable(ours, 0));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ours, &set);
    struct timeval now = {0};
    CHECK_INT(select(ours + 1, &set, NULL, NULL, &now), 1);
    CHECK_INT(recv(ours, &byte, 1, MSG_DONTWAIT), 1);
    CHECK_INT(byte, 'h');
    expect_waiting(4);
    expect_peek("ello");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "ello");
    CHECK_ERRNO(recv(ours, &byte, 1, MSG_DONTWAIT), EAGAIN);
    CHECK_ERRNO(recv(ours, &byte, 1, MSG_PEEK), EAGAIN);
    expect_waiting(0);
    CHECK(!net_readable(ours, 0));
    EPL_NOTHING(ep, 1);
}

static void read_in_other_ways(void) {
    char one[3] = "", two[8] = "";
    struct iovec parts[] = {{one, 2}, {two, 7}};
    arrive("abcdef");
    CHECK_INT(readv(ours, parts, 2), 6);
    CHECK(strcmp(one, "ab") == 0 && strcmp(two, "cdef") == 0);
    arrive("ghi");
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};
    CHECK_INT(recvmsg(ours, &message, 0), 2);
    CHECK(strcmp(one, "gh") == 0);
    CHECK_INT(recvfrom(ours, two, 7, 0, NULL, NULL), 1);
    CHECK_INT(two[0], 'i');

    arrive("123");
    net_blocking(ours);
    net_send_text(peer, "456");
    char six[7] = "";
    CHECK_INT(recv(ours, six, 6, MSG_WAITALL), 6);
    CHECK(strcmp(six, "123456") == 0);
    net_nonblocking(ours);
    /* A read of nothing is nothing, with data at hand or not. */
    CHECK_INT(read(ours, six, 0), 0);
    CHECK_ERRNO(read(ours, six, 6), EAGAIN);
}

static void end(void) {
    char bytes[8];
    net_send_text(peer, "end");
    net_close(peer);
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    expect_waiting(3);
    CHECK_INT(recv(ours, bytes, 8, MSG_PEEK), 3);
    CHECK_INT(recv(ours, bytes, 3, 0), 3);
    CHECK(net_readable(ours, 0));
    EPL_EXPECT(ep, ours, EPOLLIN);
    CHECK_INT(recv(ours, bytes, 8, MSG_PEEK), 0);
    CHECK_INT(read(ours, bytes, 8), 0);
    CHECK_INT(read(ours, bytes, 8), 0);
    expect_waiting(0);
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    arrive("first");
    net_expect_text(ours, "first");
    EPL_NOTHING(ep, 1);
    look();
    read_in_other_ways();
    end();
    net_close(ours);
    net_close(ep);
    return check_passed();
}
