/* A ring that is closed is taken apart by the kernel in the background, and its thread is woken for that. The waits of
 * a loop that has gone back to epoll, for whatever reason, end with EINTR only when a handler has run. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

enum { ROUNDS = 12, WAIT_MS = 15 };

static pthread_t main_thread;

static void handle(int number) {
    (void)number;
}

static void *interrupt(void *arg) {
    check_sleep_ms(20);
    CHECK_INT(pthread_kill(main_thread, SIGUSR1), 0);
    return arg;
}

static void leave_the_ring(bool by_wait, bool interrupted) {
    int ep = epl_create(), ours, peer;
    struct epoll_event event;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(ep, 1);
    /* Watched from outside, a loop is the kernel's epoll's. */
    CHECK(!net_readable(ep, 0));
    double start = check_now_ms();
    if (by_wait)
        EPL_NOTHING(ep, WAIT_MS);
    else
        CHECK_INT(epoll_pwait2(ep, &event, 1, &(struct timespec){0, WAIT_MS * 1000000L}, NULL), 0);
    CHECK(check_now_ms() - start >= WAIT_MS);
    net_send_text(peer, "y");
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "y");
    EPL_NOTHING(ep, 0);
    if (interrupted) {
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, interrupt, NULL), 0);
        CHECK_ERRNO(epoll_wait(ep, &event, 1, -1), EINTR);
        CHECK_INT(pthread_join(thread, NULL), 0);
    }
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    CHECK_FD(sigaction(SIGUSR1, &action, NULL));
    main_thread = pthread_self();
    const bool pwait2 = epl_has_pwait2();
    for (int round = 0; round < ROUNDS; round++)
        leave_the_ring(round & 1 || !pwait2, round % 4 == 3);
    return check_passed();
}
