/* epoll registers the open file under a number: after dup() both numbers can be registered, and closing the registered
 * number while a duplicate lives leaves the registration in force. The duplicate reads what the original would have. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static void both_registered(void) {
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    int twin = CHECK_FD(dup(ours));
    epl_add(ep, twin, EPOLLIN);
    net_send_text(peer, "ab");
    CHECK(net_readable(ours, 1000));
    struct epoll_event event[4];
    CHECK_INT(epoll_wait(ep, event, 4, 1000), 2);
    CHECK(event[0].data.fd + event[1].data.fd == ours + twin && event[0].data.fd != event[1].data.fd);
    net_expect_text(twin, "a");
    net_expect_text(ours, "b");
    EPL_NOTHING(ep, 2);
    epl_delete(ep, twin);
    net_send_text(peer, "c");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(twin, "c");
    net_close(twin);
    net_close(ours);
    net_close(peer);
    EPL_NOTHING(ep, 2);
    net_close(ep);
}

static void *duplicate(void *number) {
    int *fd = number;

    *fd = CHECK_FD(fcntl(*fd, F_DUPFD_CLOEXEC, 0));
    return NULL;
}

static void original_closed(bool by_another_thread) {
    int ep = epl_create(), ours, peer;
    pthread_t thread;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    int twin = ours, number = ours;
    if (by_another_thread) {
        CHECK_INT(pthread_create(&thread, NULL, duplicate, &twin), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
    } else {
        duplicate(&twin);
    }
    net_close(ours);
    CHECK_SAY(!net_readable(peer, 5), "a FIN although a duplicate is open");
    net_send_text(peer, "x");
    EPL_EXPECT(ep, number, EPOLLIN);
    net_expect_text(twin, "x");
    EPL_NOTHING(ep, 2);
    net_close(twin);
    net_expect_end(peer);
    EPL_NOTHING(ep, 2);
    net_close(peer);
    net_close(ep);
}

static void two_loops(void) {
    int one = epl_create(), two = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(one, ours, EPOLLIN);
    epl_add(two, ours, EPOLLIN);
    EPL_NOTHING(one, 1);
    EPL_NOTHING(two, 1);
    net_send_text(peer, "x");
    EPL_EXPECT(one, ours, EPOLLIN);
    EPL_EXPECT(two, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(one, 1);
    EPL_NOTHING(two, 1);
    net_close(ours);
    net_close(peer);
    net_close(one);
    net_close(two);
}

int main(void) {
    check_begin(10);
    both_registered();
    original_closed(false);
    original_closed(true);
    two_loops();
    return check_passed();
}
