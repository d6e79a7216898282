/* A receive that runs ahead of the program would run past the urgent mark: the urgent byte is then gone, and the mark
 * with it. On a socket that has been read from before, watched for EPOLLIN alone. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer, at_mark = -1;
    char bytes[8];
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 2; i++) {
        net_send_text(peer, "a");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "a");
        EPL_NOTHING(ep, 1);
    }
    net_send_text(peer, "before");
    CHECK_INT(send(peer, "U", 1, MSG_OOB), 1);
    net_send_text(peer, "after");
    check_sleep_ms(5);
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    CHECK_INT(read(ours, bytes, sizeof bytes), 6);
    CHECK(memcmp(bytes, "before", 6) == 0);
    CHECK_FD(ioctl(ours, SIOCATMARK, &at_mark));
    CHECK_INT(at_mark, 1);
    CHECK_INT(recv(ours, bytes, 1, MSG_OOB), 1);
    CHECK_INT(bytes[0], 'U');
    net_expect_text(ours, "after");
    CHECK_ERRNO(read(ours, bytes, sizeof bytes), EAGAIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
