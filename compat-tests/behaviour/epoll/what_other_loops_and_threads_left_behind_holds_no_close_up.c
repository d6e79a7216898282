/* Guards: a close that waits for operations which its own loop's ring does not have, or which nobody has cancelled yet:
 * it never returned. A descriptor goes from loop to loop within one turn, or is taken out by another thread. */
#include <pthread.h>

#include "check.h"
#include "epoll_loop.h"
#include "net.h"

static int first, second, ours, peer;

static void begin(void) {
    first = epl_create();
    second = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(first, ours, EPOLLIN);
    EPL_NOTHING(first, 0);
}

static void end(void) {
    net_close(ours);
    net_expect_end(peer);
    net_close(peer);
    net_close(second);
    net_close(first);
}

static void from_loop_to_loop(void) {
    begin();
    epl_delete(first, ours);
    epl_add(second, ours, EPOLLIN);
    EPL_NOTHING(second, 0);
    end();
}

/* Urgent data only the kernel's epoll can watch. */
static void *watch_for_more(void *argument) {
    epl_modify(first, ours, EPOLLIN | EPOLLPRI);
    return argument;
}

static void taken_out_by_another_thread(void) {
    pthread_t thread;

    begin();
    CHECK_INT(pthread_create(&thread, NULL, watch_for_more, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    end();
}

int main(void) {
    check_begin(10);
    from_loop_to_loop();
    taken_out_by_another_thread();
    return check_passed();
}
