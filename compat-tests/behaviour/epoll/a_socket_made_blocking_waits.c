/* A socket that a loop has read from is made blocking, by fcntl or by ioctl: from then on a read waits for bytes. As
 * long as a receive is armed, EAGAIN is all that there would be to say. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int ours, peer;

static void *send_later(void *arg) {
    check_sleep_ms(20);
    net_send_text(peer, "late");
    return arg;
}

static void made_blocking(bool by_ioctl) {
    int ep = epl_create(), off = 0;
    pthread_t thread;
    char bytes[8];
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
    if (by_ioctl)
        CHECK_FD(ioctl(ours, FIONBIO, &off));
    else
        net_blocking(ours);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(pthread_create(&thread, NULL, send_later, NULL), 0);
        CHECK_INT(read(ours, bytes, sizeof bytes), 4);
        CHECK_INT(pthread_join(thread, NULL), 0);
        EPL_NOTHING(ep, 1);
    }
    net_nonblocking(ours);
    CHECK_ERRNO(read(ours, bytes, sizeof bytes), EAGAIN);
    net_send_text(peer, "y");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    made_blocking(false);
    made_blocking(true);
    return check_passed();
}
