/* Made in one thread, run in a second that ends, then in a third, then in the first: the ring belongs to a thread, the
 * loop to nobody, and what was armed by a thread that is gone must not be lost. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>

static int ep, ours, peer;

static void *some_turns(void *arg) {
    for (int i = 0; i < 3; i++) {
        EPL_NOTHING(ep, 1);
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
    }
    return arg;
}

static void *leave_an_event_behind(void *arg) {
    EPL_NOTHING(ep, 1);
    net_send_text(peer, "behind");
    return arg;
}

static void in_a_thread(void *(*body)(void *)) {
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, body, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    in_a_thread(some_turns);
    in_a_thread(some_turns);
    some_turns(NULL);
    in_a_thread(leave_an_event_behind);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "behind");
    in_a_thread(some_turns);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
