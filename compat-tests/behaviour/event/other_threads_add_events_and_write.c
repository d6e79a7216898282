/* Threaded libevent: while the base waits, another thread adds an event on a ready socket, activates one, and writes to
 * a thread-safe bufferevent; each must take effect at once, and bytes written from two threads keep each thread's
 * order. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/thread.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { RECORD = 64, RECORDS = 2000, WRITERS = 2 };

static struct event_base *base;
static struct event *waiting, *activated;
static struct bufferevent *bev;
static atomic_uint fired, active;
static bool stopped;

static void on_ready(evutil_socket_t fd, short what, void *arg) {
    (void)what, (void)arg;
    net_expect_text((int)fd, "x");
    fired++;
}

static void on_active(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what, (void)arg;
    active++;
}

static void *run(void *arg) {
    while (!stopped)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
    return arg;
}

static void stop(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what, (void)arg;
    stopped = true;
}

static void wait_for(const atomic_uint *counter, unsigned value) {
    double start = check_now_ms();
    while (atomic_load(counter) != value) {
        CHECK_SAY(check_now_ms() - start < check_scaled(2000), "the waiting base did not notice");
        check_sleep_ms(1);
    }
}

static void *write_records(void *arg) {
    unsigned char record[RECORD];
    for (unsigned i = 0; i < RECORDS; i++) {
        memset(record, (int)(i & 0xff), RECORD);
        record[0] = *(unsigned char *)arg;
        CHECK_INT(bufferevent_write(bev, record, RECORD), 0);
    }
    return arg;
}

static void read_records(int peer) {
    unsigned next[WRITERS] = {0};
    for (unsigned i = 0; i < RECORDS * WRITERS; i++) {
        unsigned char record[RECORD];
        net_receive_all(peer, record, RECORD);
        CHECK(record[0] < WRITERS);
        for (unsigned k = 1; k < RECORD; k++)
            CHECK_INT(record[k], next[record[0]] & 0xff);
        next[record[0]]++;
    }
}

int main(void) {
    check_begin(10);
    CHECK_INT(evthread_use_pthreads(), 0);
    base = evl_base();
    int ours, peer, bev_peer;
    net_tcp_pair(&ours, &peer);
    bev = evl_tcp(base, BEV_OPT_THREADSAFE, &bev_peer);
    waiting = event_new(base, ours, EV_READ, on_ready, NULL);
    activated = event_new(base, -1, 0, on_active, NULL);
    pthread_t runner, writer[WRITERS];
    unsigned char name[WRITERS] = {0, 1};
    CHECK_INT(pthread_create(&runner, NULL, run, NULL), 0);
    check_sleep_ms(20);
    for (unsigned i = 1; i <= 20; i++) {
        net_send_text(peer, "x");
        CHECK_INT(event_add(waiting, NULL), 0);
        wait_for(&fired, i);
        event_active(activated, EV_READ, 0);
        wait_for(&active, i);
    }
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_create(&writer[i], NULL, write_records, &name[i]), 0);
    read_records(bev_peer);
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_join(writer[i], NULL), 0);
    CHECK_INT(event_base_once(base, -1, EV_TIMEOUT, stop, NULL, &(struct timeval){0, 1}), 0);
    CHECK_INT(pthread_join(runner, NULL), 0);
    event_free(waiting);
    event_free(activated);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(ours);
    net_close(peer);
    net_close(bev_peer);
    evl_end(base);
    return check_passed();
}
