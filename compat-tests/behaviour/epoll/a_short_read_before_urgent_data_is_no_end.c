/* A read that got less than it had room for has emptied the socket, nearly always; but it ends before urgent data, too.
 * What follows the mark is reported all the same, before the next byte arrives; and so is an end that came with bytes.
 */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <string.h>
#include <sys/socket.h>

static void read_short(int ep, int ours, const char *text, size_t size) {
    char bytes[64];
    EPL_EXPECT(ep, ours, EPOLLIN);
    CHECK_INT(recv(ours, bytes, sizeof bytes, 0), size);
    CHECK(memcmp(bytes, text, size) == 0);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    /* Now the loop knows what kind of socket it is. */
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "hello");
        read_short(ep, ours, "hello", 5);
    }
    net_send_text(peer, "before");
    CHECK_INT(send(peer, "!", 1, MSG_OOB), 1);
    net_send_text(peer, "behind");
    check_sleep_ms(20);
    read_short(ep, ours, "before", 6);
    read_short(ep, ours, "behind", 6);
    EPL_NOTHING(ep, 1);
    net_send_text(peer, "last");
    net_close(peer);
    check_sleep_ms(20);
    read_short(ep, ours, "last", 4);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_end(ours);
    net_close(ours);
    net_close(ep);
    return check_passed();
}
