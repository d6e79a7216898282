/* Nested epoll, and poll(2) on an epoll descriptor: an embedding program watches the inner one and must see it become
 * readable, whether or not somebody has waited on it before, and unreadable once its events are gone. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>

static void nested(bool waited_before) {
    int outer = epl_create(), inner = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(inner, ours, EPOLLIN);
    if (waited_before) {
        EPL_NOTHING(inner, 2);
        net_send_text(peer, "first");
        EPL_EXPECT(inner, ours, EPOLLIN);
        net_expect_text(ours, "first");
        EPL_NOTHING(inner, 2);
    }
    epl_add(outer, inner, EPOLLIN);
    EPL_NOTHING(outer, 5);
    /* No poll(2) on the inner one before: to be added somewhere must be enough. */
    net_send_text(peer, "x");
    EPL_EXPECT(outer, inner, EPOLLIN);
    CHECK_SAY(net_readable(inner, 1000), "poll() does not see the inner epoll's event");
    EPL_EXPECT(outer, inner, EPOLLIN);
    EPL_EXPECT(inner, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(inner, 0);
    EPL_NOTHING(outer, 5);
    CHECK(!net_readable(inner, 0));
    net_send_text(peer, "y");
    EPL_EXPECT(outer, inner, EPOLLIN);
    EPL_EXPECT(inner, ours, EPOLLIN);

    struct epoll_event event = {.events = EPOLLIN, .data.fd = outer};
    CHECK_ERRNO(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event), ELOOP);
    net_close(ours);
    net_close(peer);
    net_close(inner);
    net_close(outer);
}

/* The thread that watches is not the one that waited. */
static void *poll_from_outside(void *arg) {
    int *inner = arg;

    CHECK_SAY(net_readable(*inner, 1000), "another thread's poll() does not see the inner epoll's event");
    return NULL;
}

static void watched_by_another_thread(void) {
    int inner = epl_create(), ours, peer;
    pthread_t thread;

    net_tcp_pair(&ours, &peer);
    epl_add(inner, ours, EPOLLIN);
    EPL_NOTHING(inner, 2);
    net_send_text(peer, "x");
    CHECK(net_readable(ours, 1000));
    CHECK_INT(pthread_create(&thread, NULL, poll_from_outside, &inner), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    EPL_EXPECT(inner, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(inner, 0); /* no longer: where the kernel ends a ring, it may interrupt a wait of its thread once */
    net_close(ours);
    net_close(peer);
    net_close(inner);
}

int main(void) {
    check_begin(10);
    nested(false);
    nested(true);
    watched_by_another_thread();
    return check_passed();
}
