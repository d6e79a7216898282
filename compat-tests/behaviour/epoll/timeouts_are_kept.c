/* Timeout 0 returns at once, a short one is never early, -1 waits for the event and never returns 0; an event ends a
 * long one at once. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <sys/epoll.h>

static void *send_later(void *arg) {
    check_sleep_ms(30);
    net_send_text(*(int *)arg, "x");
    return arg;
}

static double wait_for_sender(int ep, int ours, int peer, int ms) {
    pthread_t thread;
    double start = check_now_ms();
    CHECK_INT(pthread_create(&thread, NULL, send_later, &peer), 0);
    CHECK_INT(epl_wait(ep, ours, ms), EPOLLIN);
    double took = check_now_ms() - start;
    CHECK_INT(pthread_join(thread, NULL), 0);
    net_expect_text(ours, "x");
    return took;
}

/* The shortest of some attempts: a busy machine makes single ones late. */
static double shortest_wait(int ep, int ms) {
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double start = check_now_ms();
        EPL_NOTHING(ep, ms);
        double took = check_now_ms() - start;
        CHECK_SAY(took >= ms, "%d ms took %.3f ms", ms, took);
        best = took < best ? took : best;
    }
    return best;
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    CHECK(shortest_wait(ep, 0) < 2);
    CHECK(shortest_wait(ep, 1) < 10);
    CHECK(shortest_wait(ep, 20) < 40);
    for (int i = 0; i < 2; i++) {
        CHECK(wait_for_sender(ep, ours, peer, -1) >= 29);
        double took = wait_for_sender(ep, ours, peer, 5000);
        CHECK_SAY(took >= 29 && took < 3000, "%.3f ms", took);
        EPL_NOTHING(ep, 0);
    }
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
