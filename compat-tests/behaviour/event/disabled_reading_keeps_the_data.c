/* bufferevent_disable(EV_READ): nothing is reported and nothing lost; enable brings it all, and then the end. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <sys/socket.h>

enum { FIRST = 500, SIZE = 100000, SEED = 101 };

static unsigned calls;
static bool called, ended;

static void on_read(struct bufferevent *bev, void *arg) {
    (void)bev, (void)arg;
    calls++;
    called = true;
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev, (void)arg;
    CHECK_INT(what, BEV_EVENT_READING | BEV_EVENT_EOF);
    ended = true;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    net_send_pattern(peer, SEED, 0, FIRST);
    evl_run_until(base, &called);
    while (evbuffer_get_length(bufferevent_get_input(bev)) < FIRST)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    CHECK_INT(bufferevent_disable(bev, EV_READ), 0);
    unsigned before = calls;
    net_send_pattern(peer, SEED, FIRST, SIZE);
    CHECK_FD(shutdown(peer, SHUT_WR));
    evl_run_for(base, 20);
    CHECK_INT(calls, before);
    CHECK(!ended);
    CHECK_INT(evbuffer_get_length(bufferevent_get_input(bev)), FIRST);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    evl_run_until(base, &ended);
    CHECK_INT(evbuffer_get_length(bufferevent_get_input(bev)), FIRST + SIZE);
    evl_take(bufferevent_get_input(bev), SEED, 0, FIRST + SIZE);
    bufferevent_free(bev);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
