/* Input moved out of a bufferevent must stay good after the bufferevent, its socket and even its base are gone: whoever
 * lent the memory has to wait for it. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { SIZE = 50000, SEED = 8 };

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct evbuffer *kept = evbuffer_new();
    CHECK(kept);
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    net_send_pattern(peer, SEED, 0, 100);
    while (evbuffer_get_length(bufferevent_get_input(bev)) < 100)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    for (size_t sent = 100; sent < SIZE; sent += 100) {
        net_send_pattern(peer, SEED, sent, 100);
        while (evbuffer_get_length(bufferevent_get_input(bev)) + evbuffer_get_length(kept) < sent + 100)
            CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
        CHECK_INT(evbuffer_add_buffer(kept, bufferevent_get_input(bev)), 0);
    }
    bufferevent_free(bev);
    evl_run_for(base, 5);
    net_close(peer);
    event_base_free(base);
    base = evl_base();
    evl_run_for(base, 1);
    evl_take(kept, SEED, 0, SIZE);
    evbuffer_free(kept);
    evl_end(base);
    return check_passed();
}
