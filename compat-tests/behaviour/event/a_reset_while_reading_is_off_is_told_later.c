/* The peer resets the connection in the very turn in which the program disables reading: the error is told when reading
 * is enabled again, as it is where the error waits in the socket. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

static int error;
static short what_happened;

static void happened(struct bufferevent *bev, short what, void *arg) {
    (void)bev;
    (void)arg;
    error = EVUTIL_SOCKET_ERROR();
    what_happened = what;
}

static void turns(struct event_base *base) {
    for (int i = 0; i < 5; i++) {
        CHECK(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
        check_sleep_ms(1);
    }
}

int main(void) {
    check_begin(10);
    struct event_base *base = event_base_new();
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    struct bufferevent *bev = bufferevent_socket_new(base, ours, BEV_OPT_CLOSE_ON_FREE);
    CHECK(base && bev);
    bufferevent_setcb(bev, NULL, NULL, happened, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    for (int i = 0; i < 3; i++) {
        net_send_text(peer, "x");
        turns(base);
    }
    CHECK_INT(evbuffer_get_length(bufferevent_get_input(bev)), 3);
    CHECK_INT(bufferevent_disable(bev, EV_READ | EV_WRITE), 0);
    net_reset(peer);
    turns(base);
    CHECK_INT(what_happened, 0);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);
    turns(base);
    CHECK_INT(what_happened, BEV_EVENT_READING | BEV_EVENT_ERROR);
    CHECK_INT(error, ECONNRESET);
    bufferevent_free(bev);
    event_base_free(base);
    libevent_global_shutdown();
    return check_passed();
}
