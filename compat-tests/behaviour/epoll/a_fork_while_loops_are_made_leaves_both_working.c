/* Two threads make loops and use them, each its own and the other's newest, while the main thread forks: no lock that
 * one of them holds is taken from it, and the child can wait on every loop that it got. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOPS = 24, MAKERS = 2 }; /* a fork takes all their locks, and TSan keeps count of 63 at most */

static atomic_bool over;
static atomic_int newest[MAKERS];
static atomic_int made;

/* None is given back before all are there: each is a new one to whoever keeps a list. */
static void *make(void *argument) {
    int number = argument != NULL, loops[LOOPS], bell = CHECK_FD(eventfd(1, EFD_NONBLOCK));

    for (int i = 0; i < LOOPS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = bell};

        loops[i] = epl_create();
        epl_add(loops[i], bell, EPOLLIN);
        atomic_store(&newest[number], loops[i]);
        CHECK_INT(epoll_wait(loops[i], &event, 1, 0), 1);
        event = (struct epoll_event){.events = EPOLLIN, .data.fd = bell};
        CHECK_INT(epoll_ctl(atomic_load(&newest[1 - number]), EPOLL_CTL_MOD, bell, &event), -1); /* it has another */
        atomic_fetch_add(&made, 1);
    }
    while (!atomic_load(&over))
        check_sleep_ms(1);
    for (int i = 0; i < LOOPS; i++)
        net_close(loops[i]);
    net_close(bell);
    return NULL;
}

static void wait_on_what_is_there(void) {
    struct epoll_event event;

    check_child(10);
    for (int i = 0; i < MAKERS; i++) {
        int loop = atomic_load(&newest[i]);

        if (loop >= 0)
            epoll_wait(loop, &event, 1, 0);
    }
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    _exit(0);
}

int main(void) {
    pthread_t makers[MAKERS];

    check_begin(20);
    atomic_store(&newest[0], -1);
    atomic_store(&newest[1], -1);
    for (int i = 0; i < MAKERS; i++)
        CHECK_INT(pthread_create(&makers[i], NULL, make, i ? &over : NULL), 0);
    while (atomic_load(&made) < MAKERS * LOOPS) {
        pid_t child = CHECK_FD(fork());
        if (child == 0)
            wait_on_what_is_there();
        check_child_passed(child);
    }
    atomic_store(&over, true);
    for (int i = 0; i < MAKERS; i++)
        pthread_join(makers[i], NULL);
    return check_passed();
}
