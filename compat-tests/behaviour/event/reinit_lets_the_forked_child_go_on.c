/* event_reinit in a forked child: the inherited base goes on there with its events, the parent's goes on untouched. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <unistd.h>

static bool heard;

static void on_event(evutil_socket_t fd, short what, void *arg) {
    (void)arg;
    CHECK_INT(what, EV_READ);
    net_expect_text((int)fd, "ping");
    heard = true;
}

static void ping(struct event_base *base, int peer) {
    for (int i = 0; i < 3; i++) {
        heard = false;
        net_send_text(peer, "ping");
        evl_run_until(base, &heard);
    }
}

static void bufferevent_round(struct event_base *base) {
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    net_send_pattern(peer, 1, 0, 1000);
    while (evbuffer_get_length(bufferevent_get_input(bev)) < 1000)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    evl_take(bufferevent_get_input(bev), 1, 0, 1000);
    evl_add_pattern(bufferevent_get_output(bev), 2, 0, 1000);
    evl_run_for(base, 2);
    net_receive_pattern(peer, 2, 0, 1000);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_expect_end(peer);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int ours, peer;
    net_unix_pair(&ours, &peer);
    struct event *event = event_new(base, ours, EV_READ | EV_PERSIST, on_event, NULL);
    CHECK_INT(event_add(event, NULL), 0);
    ping(base, peer);
    bufferevent_round(base);
    for (int round = 0; round < 2; round++) {
        pid_t child = CHECK_FD(fork());
        if (child == 0) {
            check_child(10);
            CHECK_INT(event_reinit(base), 0);
            ping(base, peer);
            bufferevent_round(base);
            event_free(event);
            event_base_free(base);
            _exit(0);
        }
        check_child_passed(child);
        ping(base, peer);
        bufferevent_round(base);
    }
    event_free(event);
    net_close(ours);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
