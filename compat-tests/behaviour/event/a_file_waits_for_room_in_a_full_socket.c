/* Bytes fill a socket, and a file follows them. libevent's sendfile cannot tell a full socket from the end of the
 * connection: whoever tells it that the socket is writable has to have asked. */
#include "check.h"
#include "event_loop.h"
#include "net.h"
#include "pattern.h"

#include <pthread.h>

/* By how much is written before the file, each step one write of libevent's: one of them fills the socket and no more.
 */
enum { STEP = 16384, STEPS = 20, FILE_SIZE = 300000, SEED = 151, TURNS = 4 * STEPS };

struct reader {
    int peer;
    size_t total;
};

static void *read_all(void *arg) {
    const struct reader *reader = arg;
    net_receive_pattern(reader->peer, SEED, 0, reader->total);
    return arg;
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev;
    (void)arg;
    check_fail(__FILE__, __LINE__, "the connection was given up: event %#x", (unsigned)what);
}

static void send_after(struct event_base *base, size_t before) {
    int ours, peer;
    net_unix_pair(&ours, &peer);
    struct bufferevent *bev = bufferevent_socket_new(base, ours, BEV_OPT_CLOSE_ON_FREE);
    CHECK(bev);
    bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    net_send_text(peer, "get"); /* the socket is known for reading, too */
    while (evbuffer_get_length(bufferevent_get_input(bev)) < 3)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    struct evbuffer *output = bufferevent_get_output(bev);
    evl_add_pattern(output, SEED, 0, before);
    CHECK_INT(evbuffer_add_file(output, pattern_file(SEED, before, FILE_SIZE), 0, FILE_SIZE), 0);
    for (int i = 0; i < TURNS; i++) /* nobody reads yet */
        CHECK_INT(event_base_loop(base, EVLOOP_NONBLOCK), 0);
    struct reader reader = {peer, before + FILE_SIZE};
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, read_all, &reader), 0);
    while (evbuffer_get_length(output) > 0)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(peer);
}

int main(void) {
    check_begin(20);
    struct event_base *base = evl_base();
    for (int step = 0; step < STEPS; step++)
        send_after(base, (size_t)(step * STEP));
    evl_end(base);
    return check_passed();
}
