/* epoll_wait is a cancellation point, also while it waits in the ring or has something to report at once; so is a read
 * that is answered by what was received ahead. The loop that the cancelled thread leaves behind serves the next one
 * that waits. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum call { BY_WAIT, BY_PWAIT, BY_PWAIT2, CALLS };

static int ep, ours, peer;
static enum call call;
static atomic_bool there;

static void wait_once(void) {
    struct epoll_event event;
    switch (call) {
    case BY_WAIT:
        epoll_wait(ep, &event, 1, -1);
        break;
    case BY_PWAIT:
        epoll_pwait(ep, &event, 1, -1, NULL);
        break;
    default:
        epoll_pwait2(ep, &event, 1, NULL, NULL);
    }
}

static void *wait_for_ever(void *arg) {
    atomic_store(&there, true);
    wait_once();
    check_fail(__FILE__, __LINE__, "a wait without events and without limit came back");
    return arg;
}

/* Cancelled before it waits, and there is something to report: a cancellation point all the same. */
static void *cancelled_before(void *arg) {
    CHECK_INT(pthread_cancel(pthread_self()), 0);
    wait_once();
    return arg;
}

static void *cancelled_at_read(void *arg) {
    char byte;
    CHECK_INT(pthread_cancel(pthread_self()), 0);
    CHECK_INT(read(ours, &byte, 1), 1);
    return arg;
}

static void *cancelled_at_send(void *arg) {
    CHECK_INT(pthread_cancel(pthread_self()), 0);
    CHECK_INT(send(ours, "z", 1, 0), 1);
    return arg;
}

static void cancelled(void *(*body)(void *), bool before) {
    pthread_t thread;
    void *result;
    atomic_store(&there, false);
    CHECK_INT(pthread_create(&thread, NULL, body, NULL), 0);
    if (!before) {
        while (!atomic_load(&there))
            check_sleep_ms(1);
        check_sleep_ms(5); /* inside by now, most likely */
        CHECK_INT(pthread_cancel(thread), 0);
    }
    CHECK_INT(pthread_join(thread, &result), 0);
    CHECK_SAY(result == PTHREAD_CANCELED, "call %d was no cancellation point", call);
}

static void still_works(void) {
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(ep, 1);
}

int main(void) {
    check_begin(10);
#ifdef __SANITIZE_ADDRESS__
    check_skip("AddressSanitizer takes the frames that a cancelled thread leaves for damage");
#endif
    if (check_under_tsan())
        check_skip("the runtime of ThreadSanitizer loses count when a thread is cancelled in a call");
    for (call = 0; call < CALLS; call++) {
        if (call == BY_PWAIT2 && !epl_has_pwait2())
            continue;
        ep = epl_create();
        net_tcp_pair(&ours, &peer);
        epl_add(ep, ours, EPOLLIN);
        cancelled(wait_for_ever, false);
        still_works();
        cancelled(wait_for_ever, false);
        still_works();
        net_send_text(peer, "y");
        CHECK(net_readable(ours, 1000));
        cancelled(cancelled_before, true);
        EPL_EXPECT(ep, ours, EPOLLIN);
        cancelled(cancelled_at_read, true);
        cancelled(cancelled_at_send, true);
        net_expect_text(ours, "y");
        still_works();
        net_close(ours);
        net_close(peer);
        net_close(ep);
    }
    return check_passed();
}
