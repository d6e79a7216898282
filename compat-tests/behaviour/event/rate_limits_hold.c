/* A bufferevent with a rate limit reads and writes no faster than that, whatever has been received ahead. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { RATE = 100000, BURST = 10000, SIZE = 40000 };

static bool done;

static void on_read(struct bufferevent *bev, void *arg) {
    (void)arg;
    done = evbuffer_get_length(bufferevent_get_input(bev)) >= SIZE;
}

static void on_written(struct bufferevent *bev, void *arg) {
    (void)bev, (void)arg;
    done = true;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct timeval tick = {0, 10000};
    struct ev_token_bucket_cfg *limit = ev_token_bucket_cfg_new(RATE / 100, BURST, RATE / 100, BURST, &tick);
    CHECK(limit);
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    CHECK_INT(bufferevent_set_rate_limit(bev, limit), 0);
    bufferevent_setcb(bev, on_read, NULL, NULL, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    /* 40,000 bytes less a burst of 10,000 at 100,000 a second: 300 ms, a tick less at each end. */
    double start = check_now_ms();
    net_send_pattern(peer, 1, 0, SIZE);
    evl_run_until(base, &done);
    double took = check_now_ms() - start;
    CHECK_SAY(took > 250 && took < check_scaled(1500), "reading took %.0f ms", took);
    evl_take(bufferevent_get_input(bev), 1, 0, SIZE);
    done = false;
    bufferevent_setcb(bev, on_read, on_written, NULL, NULL);
    start = check_now_ms();
    evl_add_pattern(bufferevent_get_output(bev), 2, 0, SIZE);
    evl_run_until(base, &done);
    took = check_now_ms() - start;
    CHECK_SAY(took > 250 && took < check_scaled(1500), "writing took %.0f ms", took);
    net_receive_pattern(peer, 2, 0, SIZE);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    ev_token_bucket_cfg_free(limit);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
