/* A half-close with data in flight: BEV_EVENT_EOF once, when every byte is in the input; the other direction stays
 * open. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <pthread.h>
#include <sys/socket.h>

enum { SIZE = 400000, SEED = 71, ANSWER = 1000000 };

static bool ended, written;

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)arg;
    CHECK(!ended);
    CHECK_INT(what, BEV_EVENT_READING | BEV_EVENT_EOF);
    CHECK_INT(evbuffer_get_length(bufferevent_get_input(bev)), SIZE);
    ended = true;
}

static void on_written(struct bufferevent *bev, void *arg) {
    (void)arg;
    CHECK_INT(evbuffer_get_length(bufferevent_get_output(bev)), 0);
    written = true;
}

static void *peer_main(void *arg) {
    int fd = *(int *)arg;
    net_send_pattern(fd, SEED, 0, SIZE);
    CHECK_FD(shutdown(fd, SHUT_WR));
    net_receive_pattern(fd, SEED + 1, 0, ANSWER);
    return arg;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, peer_main, &peer), 0);
    evl_run_until(base, &ended);
    evl_take(bufferevent_get_input(bev), SEED, 0, SIZE);
    bufferevent_setcb(bev, NULL, on_written, NULL, NULL);
    evl_add_pattern(bufferevent_get_output(bev), SEED + 1, 0, ANSWER);
    evl_run_until(base, &written);
    CHECK_INT(pthread_join(thread, NULL), 0);
    bufferevent_free(bev);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
