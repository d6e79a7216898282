/* EINTR, also with SA_RESTART; and epoll_pwait's mask is in force exactly while it waits: a signal that was pending is
 * delivered by the wait, one that is blocked by the mask is not. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>

static pthread_t main_thread;

static void *kill_later(void *arg) {
    check_sleep_ms(30);
    CHECK_INT(pthread_kill(main_thread, SIGUSR1), 0);
    return arg;
}

static void interrupted(int ep, int flags, int ms) {
    epl_handler(flags);
    epl_handled = 0;
    int sent = epl_interrupted(ep, ms);
    CHECK_INT(epl_handled, sent);
}

static void masks(int ep) {
    struct epoll_event event;
    sigset_t usr1, none, now;
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    epl_handled = 0;

    CHECK_INT(pthread_sigmask(SIG_BLOCK, &usr1, NULL), 0);
    CHECK_INT(pthread_kill(main_thread, SIGUSR1), 0);
    CHECK_INT(epoll_wait(ep, &event, 1, 5), 0);
    CHECK_INT(epl_handled, 0);
    CHECK_ERRNO(epoll_pwait(ep, &event, 1, 2000, &none), EINTR);
    CHECK_INT(epl_handled, 1);
    CHECK_INT(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    CHECK_SAY(sigismember(&now, SIGUSR1) == 1, "the mask was not put back");
    CHECK_INT(pthread_sigmask(SIG_UNBLOCK, &usr1, NULL), 0);

    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, kill_later, NULL), 0);
    double start = check_now_ms();
    CHECK_INT(epoll_pwait(ep, &event, 1, 80, &usr1), 0);
    CHECK(check_now_ms() - start >= 80);
    CHECK_INT(epl_handled, 2);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

int main(void) {
    check_begin(10);
    main_thread = pthread_self();
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    interrupted(ep, 0, -1);
    interrupted(ep, SA_RESTART, 5000);
    masks(ep);
    /* An event that is there wins over nothing: the loop still works after all that. */
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
