/* Nested epoll, and poll(2), on a loop that has bytes or connections that it was not told of yet: the outer one sees
 * it readable for as long as they are to be told, and no longer. With RINGBACK_STREAMS=auto the ring has taken them
 * ahead, and epoll knows nothing of them. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static void expect_unread(int outer, int inner, int fd) {
    EPL_EXPECT(outer, inner, EPOLLIN);
    CHECK_SAY(net_readable(inner, 0), "poll() does not see that the inner epoll has something to tell");
    EPL_EXPECT(inner, fd, EPOLLIN);
    EPL_EXPECT(outer, inner, EPOLLIN);
}

static void expect_nothing(int outer, int inner) {
    EPL_NOTHING(outer, 0);
    CHECK_SAY(!net_readable(inner, 0), "the inner epoll is readable and has nothing to tell");
    EPL_NOTHING(inner, 0);
    EPL_NOTHING(outer, 5);
}

static void bytes(void) {
    int ours, peer, inner = epl_stream(&ours, &peer), outer = epl_create();

    net_send_text(peer, "ahead");
    check_sleep_ms(10);
    epl_add(outer, inner, EPOLLIN);
    expect_unread(outer, inner, ours);
    /* Not wanted, then wanted again. */
    epl_modify(inner, ours, 0);
    expect_nothing(outer, inner);
    epl_modify(inner, ours, EPOLLIN);
    expect_unread(outer, inner, ours);
    net_expect_text(ours, "ah");
    expect_unread(outer, inner, ours);
    net_expect_text(ours, "ead");
    expect_nothing(outer, inner);
    net_send_text(peer, "x");
    expect_unread(outer, inner, ours);
    net_expect_text(ours, "x");
    expect_nothing(outer, inner);
    net_close(ours);
    net_close(peer);
    net_close(inner);
    net_close(outer);
}

/* What is left is closed, not read. */
static void closed(void) {
    int ours, peer, inner = epl_stream(&ours, &peer), outer = epl_create();

    net_send_text(peer, "ahead");
    check_sleep_ms(10);
    epl_add(outer, inner, EPOLLIN);
    EPL_EXPECT(outer, inner, EPOLLIN);
    net_close(ours);
    expect_nothing(outer, inner);
    net_close(peer);
    net_close(inner);
    net_close(outer);
}

static int accept_one(int listener) {
    return CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
}

static void connections(void) {
    enum { CLIENTS = 3 };
    uint16_t port;
    int outer = epl_create(), inner = epl_create(), listener = net_listen(&port), client[CLIENTS];

    epl_add(inner, listener, EPOLLIN);
    client[0] = net_connect(port);
    EPL_EXPECT(inner, listener, EPOLLIN);
    net_close(accept_one(listener));
    EPL_NOTHING(inner, 5);
    for (int i = 1; i < CLIENTS; i++)
        client[i] = net_connect(port);
    epl_add(outer, inner, EPOLLIN);
    for (int i = 1; i < CLIENTS; i++) {
        expect_unread(outer, inner, listener);
        net_close(accept_one(listener));
    }
    expect_nothing(outer, inner);
    for (int i = 0; i < CLIENTS; i++)
        net_close(client[i]);
    net_close(listener);
    net_close(inner);
    net_close(outer);
}

static void *want_again(void *arg) {
    int *pair = arg;

    check_sleep_ms(20);
    epl_modify(pair[0], pair[1], EPOLLIN);
    return NULL;
}

/* The loop's own thread sleeps in the kernel when another one wants the bytes again. */
static void wanted_by_another_thread(void) {
    int ours, peer, inner = epl_stream(&ours, &peer), outer = epl_create(), pair[2] = {inner, ours};
    pthread_t thread;

    net_send_text(peer, "ahead");
    check_sleep_ms(10);
    epl_add(outer, inner, EPOLLIN);
    epl_modify(inner, ours, 0);
    EPL_NOTHING(inner, 0);
    CHECK_INT(pthread_create(&thread, NULL, want_again, pair), 0);
    CHECK_INT(epl_wait(inner, ours, -1), EPOLLIN);
    CHECK_INT(pthread_join(thread, NULL), 0);
    net_expect_text(ours, "ahead");
    expect_nothing(outer, inner);
    net_close(ours);
    net_close(peer);
    net_close(inner);
    net_close(outer);
}

int main(void) {
    check_begin(10);
    /* Left to epoll by design once somebody watches the loop. */
    check_expect_any();
    bytes();
    closed();
    connections();
    wanted_by_another_thread();
    return check_passed();
}
