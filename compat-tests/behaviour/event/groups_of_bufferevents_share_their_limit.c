/* bufferevent_add_to_rate_limit_group: all of a group together write no faster than the group may. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { MEMBERS = 2, TICK_MS = 250, EACH_TICK = 100000, SIZE = 65000 };

static int unwritten;
static bool done;

static void on_written(struct bufferevent *bev, void *arg) {
    (void)arg;
    bufferevent_disable(bev, EV_WRITE);
    done = --unwritten == 0;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct timeval tick = {0, TICK_MS * 1000};
    struct ev_token_bucket_cfg *limit = ev_token_bucket_cfg_new(EACH_TICK, EACH_TICK, EACH_TICK, EACH_TICK, &tick);
    CHECK(limit != NULL);
    struct bufferevent_rate_limit_group *group = bufferevent_rate_limit_group_new(base, limit);
    CHECK(group != NULL);
    struct bufferevent *bev[MEMBERS];
    int peer[MEMBERS];

    for (int i = 0; i < MEMBERS; i++) {
        bev[i] = evl_tcp(base, 0, &peer[i]);
        CHECK_INT(bufferevent_add_to_rate_limit_group(bev[i], group), 0);
        /* What has read once may be the ring's. */
        CHECK_INT(bufferevent_enable(bev[i], EV_READ), 0);
        net_send_text(peer[i], "x");
        evl_run_for(base, 5);
        CHECK_INT(evbuffer_get_length(bufferevent_get_input(bev[i])), 1);
        bufferevent_setcb(bev[i], NULL, on_written, NULL, NULL);
        CHECK_INT(bufferevent_disable(bev[i], EV_WRITE), 0);
        evl_add_pattern(bufferevent_get_output(bev[i]), 2, 0, SIZE);
    }
    unwritten = MEMBERS;
    /* A tick lets 100,000 of the 130,000 bytes go, and one write of 16 KiB more for every member. */
    double start = check_now_ms();
    for (int i = 0; i < MEMBERS; i++)
        CHECK_INT(bufferevent_enable(bev[i], EV_WRITE), 0);
    evl_run_until(base, &done);
    double took = check_now_ms() - start;
    CHECK_SAY(took > TICK_MS - 100 && took < check_scaled(2500), "writing took %.0f ms", took);
    for (int i = 0; i < MEMBERS; i++) {
        net_receive_pattern(peer[i], 2, 0, SIZE);
        CHECK_INT(bufferevent_remove_from_rate_limit_group(bev[i]), 0);
        bufferevent_free(bev[i]);
        net_close(peer[i]);
    }
    evl_run_for(base, 1);
    bufferevent_rate_limit_group_free(group);
    ev_token_bucket_cfg_free(limit);
    evl_end(base);
    return check_passed();
}
