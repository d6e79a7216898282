/* RLIMIT_NOFILE is reached: before the first wait a loop gets no ring, after it no descriptor to be woken by. Either
 * way it works, with changes from another thread too, and takes no number from the program. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST = 256 };

static int filler[MOST], fillers, ep, ours, peer, other, other_peer;
static struct rlimit before;

/* No further number, high or low. */
static void exhaust(void) {
    struct rlimit limit;
    CHECK_FD(getrlimit(RLIMIT_NOFILE, &before));
    limit = before;
    limit.rlim_cur = MOST;
    CHECK_FD(setrlimit(RLIMIT_NOFILE, &limit));
    for (fillers = 0; fillers < MOST; fillers++)
        if ((filler[fillers] = dup(STDERR_FILENO)) < 0)
            break;
    CHECK_INT(errno, EMFILE);
}

static void relax(void) {
    while (fillers > 0)
        net_close(filler[--fillers]);
    CHECK_FD(setrlimit(RLIMIT_NOFILE, &before));
}

static void exchange(void) {
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
        EPL_NOTHING(ep, 1);
    }
}

static void *add_other(void *arg) {
    check_sleep_ms(20);
    epl_add(ep, other, EPOLLOUT);
    return arg;
}

static void woken_by_another_thread(void) {
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, add_other, NULL), 0);
    EPL_EXPECT(ep, other, EPOLLOUT);
    CHECK_INT(pthread_join(thread, NULL), 0);
    epl_delete(ep, other);
    EPL_NOTHING(ep, 1);
}

static void limited(bool waited_before) {
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    net_tcp_pair(&other, &other_peer);
    epl_add(ep, ours, EPOLLIN);
    if (waited_before)
        exchange();
    exhaust();
    exchange();
    woken_by_another_thread();
    relax();
    exchange();
    net_close(ours);
    net_expect_end(peer);
    net_close(peer);
    net_close(other);
    net_close(other_peer);
    net_close(ep);
}

int main(void) {
    check_begin(10);
    limited(true);
    limited(false);
    return check_passed();
}
