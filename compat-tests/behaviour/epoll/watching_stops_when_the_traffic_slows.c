/* A loop may watch for its next completion while requests follow closely. When they come every five milliseconds, or
 * not at all, waiting takes no processor time. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <pthread.h>
#include <time.h>

enum { FAST = 4000, SLOW = 40, SLOW_MS = 5, SILENT_MS = 400 };

static double used_ms(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static double watched_ms(void) {
    return (double)check_counter("spin_ns") / 1e6;
}

static void ask(int fd, const char *request) {
    net_send_text(fd, request);
    net_expect_text(fd, request);
}

static void *client(void *arg) {
    const int fd = *(int *)arg;
    for (int i = 0; i < FAST; i++)
        ask(fd, "fast");
    for (int i = 0; i < SLOW; i++) {
        check_sleep_ms(SLOW_MS);
        ask(fd, "slow");
    }
    return NULL;
}

static void serve(int ep, int fd, const char *request, int count) {
    for (int i = 0; i < count; i++) {
        EPL_EXPECT(ep, fd, EPOLLIN);
        net_expect_text(fd, request);
        net_send_text(fd, request);
    }
}

int main(void) {
    check_begin(20);
    int ours, peer;
    const int ep = epl_stream(&ours, &peer);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, client, &peer), 0);
    serve(ep, ours, "fast", FAST);
    serve(ep, ours, "slow", 1); /* the first may have been watched for */
    const double before = watched_ms();
    serve(ep, ours, "slow", SLOW - 1);
    CHECK_SAY(watched_ms() - before < SLOW * SLOW_MS / 100.0, "%.1f ms of watching for %d slow requests",
              watched_ms() - before, SLOW);
    CHECK_INT(pthread_join(thread, NULL), 0);
    const double used = used_ms();
    EPL_NOTHING(ep, SILENT_MS);
    CHECK_SAY(used_ms() - used < check_scaled(SILENT_MS) * 0.005, "%.2f ms of processor time in a silent wait of %d",
              used_ms() - used, SILENT_MS);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
