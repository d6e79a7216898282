/* While one thread waits without a timeout, another adds a ready descriptor, changes a mask and deletes: the wait must
 * see each at once, not at its next event. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <semaphore.h>

static int ep, first, first_peer, second, second_peer;
static sem_t about_to_wait;

/* Until the other thread is most likely waiting. */
static void let_it_wait(void) {
    CHECK_INT(sem_wait(&about_to_wait), 0);
    check_sleep_ms(20);
}

static void *change(void *arg) {
    let_it_wait();
    epl_add(ep, second, EPOLLIN);
    /* When the second has been reported and read, ask for what is always true of it. */
    let_it_wait();
    epl_modify(ep, second, EPOLLOUT);
    return arg;
}

static void *loop(void *arg) {
    epl_add(ep, first, EPOLLIN);
    sem_post(&about_to_wait);
    CHECK_INT(epl_wait(ep, second, -1), EPOLLIN);
    net_expect_text(second, "ready before");
    sem_post(&about_to_wait);
    CHECK_INT(epl_wait(ep, second, -1), EPOLLOUT);
    epl_delete(ep, second);
    net_send_text(first_peer, "x");
    CHECK_INT(epl_wait(ep, first, -1), EPOLLIN);
    return arg;
}

int main(void) {
    check_begin(10);
    sem_init(&about_to_wait, 0, 0);
    ep = epl_create();
    net_tcp_pair(&first, &first_peer);
    net_tcp_pair(&second, &second_peer);
    net_send_text(second_peer, "ready before");
    CHECK(net_readable(second, 1000));
    pthread_t waiter, changer;
    CHECK_INT(pthread_create(&waiter, NULL, loop, NULL), 0);
    CHECK_INT(pthread_create(&changer, NULL, change, NULL), 0);
    CHECK_INT(pthread_join(waiter, NULL), 0);
    CHECK_INT(pthread_join(changer, NULL), 0);
    net_close(first);
    net_close(first_peer);
    net_close(second);
    net_close(second_peer);
    net_close(ep);
    return check_passed();
}
