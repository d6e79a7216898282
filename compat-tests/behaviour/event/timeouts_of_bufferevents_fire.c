/* bufferevent_set_timeouts: a silent peer gives READING|TIMEOUT, one that does not read gives WRITING|TIMEOUT, and a
 * peer that goes on in time gives neither. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

static short what_came;
static bool came;

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev, (void)arg;
    what_came = what;
    came = true;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct timeval limit = {0, 60000};
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    net_small_buffers(bufferevent_getfd(bev));
    net_small_buffers(peer);
    bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
    CHECK_INT(bufferevent_set_timeouts(bev, &limit, &limit), 0);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    /* Twice the limit in quarters with something to read: nothing fires. */
    double start = check_now_ms();
    for (unsigned i = 0; i < 8; i++) {
        net_send_pattern(peer, 1, i * 10, 10);
        evl_run_for(base, 15);
    }
    CHECK_SAY(!came || check_now_ms() - start > 8 * 30, "a timeout although bytes kept coming");
    came = false;
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    evl_run_until(base, &came);
    CHECK_INT(what_came, BEV_EVENT_READING | BEV_EVENT_TIMEOUT);
    evl_take(bufferevent_get_input(bev), 1, 0, 80);

    came = false;
    evl_add_pattern(bufferevent_get_output(bev), 2, 0, 3000000);
    evl_run_until(base, &came);
    CHECK_INT(what_came, BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
