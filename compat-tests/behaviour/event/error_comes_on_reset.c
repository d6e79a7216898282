/* A reset is BEV_EVENT_ERROR with ECONNRESET, after the data that came before it. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <errno.h>

enum { FIRST = 100, SIZE = 3000, SEED = 81 };

static bool failed, started;

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)arg;
    int error = EVUTIL_SOCKET_ERROR();
    CHECK(!failed);
    CHECK_INT(what, BEV_EVENT_READING | BEV_EVENT_ERROR);
    CHECK_INT(error, ECONNRESET);
    CHECK_INT(evbuffer_get_length(bufferevent_get_input(bev)), FIRST + SIZE);
    failed = true;
}

static void on_read(struct bufferevent *bev, void *arg) {
    (void)arg;
    started = evbuffer_get_length(bufferevent_get_input(bev)) >= FIRST;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    net_send_pattern(peer, SEED, 0, FIRST);
    evl_run_until(base, &started);
    net_send_pattern(peer, SEED, FIRST, SIZE);
    net_reset(peer);
    evl_run_until(base, &failed);
    evl_take(bufferevent_get_input(bev), SEED, 0, FIRST + SIZE);
    bufferevent_free(bev);
    evl_end(base);
    return check_passed();
}
