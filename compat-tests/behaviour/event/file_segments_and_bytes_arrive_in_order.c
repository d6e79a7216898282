/* sendfile goes past the ring: bytes queued before it must leave before it, bytes after it after it. */
#include "check.h"
#include "event_loop.h"
#include "net.h"
#include "pattern.h"

#include <pthread.h>

enum { FILE_SIZE = 400000, ROUNDS = 8, BETWEEN = 3000, SEED = 141, TOTAL = ROUNDS * (BETWEEN + FILE_SIZE) };

static void *reader(void *arg) {
    net_receive_pattern(*(int *)arg, SEED, 0, TOTAL);
    return arg;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    /* The socket is known for reading, too. */
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    net_send_text(peer, "get");
    while (evbuffer_get_length(bufferevent_get_input(bev)) < 3)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    struct evbuffer *output = bufferevent_get_output(bev);
    uint64_t offset = 0;
    for (int round = 0; round < ROUNDS; round++) {
        evl_add_pattern(output, SEED, offset, BETWEEN);
        offset += BETWEEN;
        CHECK_INT(evbuffer_add_file(output, pattern_file(SEED, offset, FILE_SIZE), 0, FILE_SIZE), 0);
        offset += FILE_SIZE;
        if (round & 1)
            event_base_loop(base, EVLOOP_NONBLOCK);
    }
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, reader, &peer), 0);
    while (evbuffer_get_length(output) > 0)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
