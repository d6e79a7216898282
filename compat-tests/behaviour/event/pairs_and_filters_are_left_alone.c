/* bufferevent_pair has no socket, a filtering bufferevent has one underneath: both move their bytes as ever. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { SIZE = 300000 };

static bool arrived;

static void on_pair_read(struct bufferevent *bev, void *arg) {
    (void)arg;
    arrived = evbuffer_get_length(bufferevent_get_input(bev)) >= SIZE;
}

static enum bufferevent_filter_result invert(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
                                             enum bufferevent_flush_mode mode, void *arg) {
    (void)limit, (void)mode, (void)arg;
    unsigned char byte;
    if (evbuffer_get_length(from) == 0)
        return BEV_NEED_MORE;
    while (evbuffer_remove(from, &byte, 1) == 1) {
        byte = (unsigned char)~byte;
        CHECK_INT(evbuffer_add(to, &byte, 1), 0);
    }
    return BEV_OK;
}

static void pair(struct event_base *base) {
    struct bufferevent *ends[2];
    CHECK_INT(bufferevent_pair_new(base, 0, ends), 0);
    bufferevent_setcb(ends[1], on_pair_read, NULL, NULL, NULL);
    CHECK_INT(bufferevent_enable(ends[1], EV_READ), 0);
    CHECK_INT(bufferevent_enable(ends[0], EV_WRITE), 0);
    evl_add_pattern(bufferevent_get_output(ends[0]), 1, 0, SIZE);
    if (evbuffer_get_length(bufferevent_get_input(ends[1])) < SIZE)
        evl_run_until(base, &arrived);
    evl_take(bufferevent_get_input(ends[1]), 1, 0, SIZE);
    bufferevent_free(ends[0]);
    bufferevent_free(ends[1]);
    evl_run_for(base, 1);
}

static void filter(struct event_base *base) {
    int peer;
    struct bufferevent *under = evl_tcp(base, 0, &peer);
    struct bufferevent *bev = bufferevent_filter_new(under, invert, invert, BEV_OPT_CLOSE_ON_FREE, NULL, NULL);
    CHECK(bev);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    for (int i = 0; i < 5; i++) {
        unsigned char sent[4] = {1, 2, 3, 4}, got[4];
        net_send_all(peer, sent, sizeof sent);
        while (evbuffer_get_length(bufferevent_get_input(bev)) < sizeof got)
            CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
        CHECK_INT(evbuffer_remove(bufferevent_get_input(bev), got, sizeof got), sizeof got);
        for (unsigned k = 0; k < sizeof got; k++)
            CHECK_INT(got[k], (unsigned char)~sent[k]);
        CHECK_INT(bufferevent_write(bev, got, sizeof got), 0);
        evl_run_for(base, 2);
        net_receive_all(peer, got, sizeof got);
        for (unsigned k = 0; k < sizeof got; k++)
            CHECK_INT(got[k], sent[k]);
    }
    bufferevent_free(bev);
    evl_run_for(base, 2);
    net_expect_end(peer);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    pair(base);
    filter(base);
    evl_end(base);
    return check_passed();
}
