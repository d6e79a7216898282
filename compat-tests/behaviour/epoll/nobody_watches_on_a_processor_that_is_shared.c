/* Two loops and those they serve have one processor between them: what one would spend watching, the other waits for.
 * So nobody watches, but for a look now and then whether that has changed. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_MS = 600, MOST_PER_CENT = 5 };

static void stay_on_one_processor(void) {
    cpu_set_t allowed, one;
    size_t cpu = 0;
    CHECK_INT(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    while (!CPU_ISSET(cpu, &allowed))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK_INT(sched_setaffinity(0, sizeof one, &one), 0);
}

static void *client(void *arg) {
    const int fd = *(int *)arg;
    const double end = check_now_ms() + RUN_MS;
    while (check_now_ms() < end) {
        net_send_text(fd, "ping");
        net_expect_text(fd, "ping");
    }
    net_send_text(fd, "done");
    return NULL;
}

/* An echo server and its client, two threads. */
static void run(void) {
    int ours, peer;
    const int ep = epl_stream(&ours, &peer);
    char request[4] = "";
    pthread_t thread;
    const double begin = check_now_ms();
    CHECK_INT(pthread_create(&thread, NULL, client, &peer), 0);
    while (request[0] != 'd') {
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_receive_all(ours, request, sizeof request);
        net_send_all(ours, request, sizeof request);
    }
    CHECK_INT(pthread_join(thread, NULL), 0);
    const double watched = (double)check_counter("spin_ns") / 1e6, took = check_now_ms() - begin;
    CHECK_SAY(watched < took * MOST_PER_CENT / 100, "%.0f of %.0f ms spent watching", watched, took);
    net_close(ours);
    net_close(peer);
    net_close(ep);
}

int main(void) {
    check_begin(15);
    stay_on_one_processor();
    const pid_t child = CHECK_FD(fork());
    if (child == 0) {
        check_child(15);
        run();
        _exit(0);
    }
    run();
    check_child_passed(child);
    return check_passed();
}
