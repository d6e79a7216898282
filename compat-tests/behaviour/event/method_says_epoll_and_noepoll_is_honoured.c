/* libevent's own suite checks both: the method is called epoll, with and without its changelist, and EVENT_NOEPOLL or
 * event_config_avoid_method gives a base that runs, correctly, on something else. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <stdlib.h>
#include <string.h>

static bool heard;

static void on_read(struct bufferevent *bev, void *arg) {
    (void)bev, (void)arg;
    heard = true;
}

static void works(struct event_base *base) {
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    bufferevent_setcb(bev, on_read, NULL, NULL, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    for (unsigned i = 0; i < 5; i++) {
        heard = false;
        net_send_pattern(peer, 1, i * 100, 100);
        evl_run_until(base, &heard);
        while (evbuffer_get_length(bufferevent_get_input(bev)) < 100)
            CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
        evl_take(bufferevent_get_input(bev), 1, i * 100, 100);
        evl_add_pattern(bufferevent_get_output(bev), 2, i * 100, 100);
        evl_run_for(base, 1);
        net_receive_pattern(peer, 2, i * 100, 100);
    }
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_expect_end(peer);
    net_close(peer);
    event_base_free(base);
}

static struct event_base *configured(int flag) {
    struct event_config *config = event_config_new();
    CHECK(config);
    if (flag)
        CHECK_INT(event_config_set_flag(config, flag), 0);
    else
        CHECK_INT(event_config_avoid_method(config, "epoll"), 0);
    struct event_base *base = event_base_new_with_config(config);
    CHECK(base);
    event_config_free(config);
    return base;
}

static void expect_method(struct event_base *base, const char *start) {
    const char *method = event_base_get_method(base);
    CHECK_SAY(strncmp(method, start, strlen(start)) == 0, "the method is %s, not %s", method, start);
}

static void expect_other_method(struct event_base *base) {
    const char *method = event_base_get_method(base);
    CHECK_SAY(!strstr(method, "epoll"), "the method is %s although epoll is not wanted", method);
}

int main(void) {
    check_begin(10);
    struct event_base *base = event_base_new();
    expect_method(base, "epoll");
    works(base);
    base = configured(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    expect_method(base, "epoll (with changelist)");
    works(base);
    base = configured(EVENT_BASE_FLAG_PRECISE_TIMER);
    expect_method(base, "epoll");
    works(base);
    base = configured(0);
    expect_other_method(base);
    works(base);
    CHECK_FD(setenv("EVENT_NOEPOLL", "1", 1));
    base = event_base_new();
    expect_other_method(base);
    works(base);
    libevent_global_shutdown();
    return check_passed();
}
