/* bufferevent_setfd gives a bufferevent another socket. What the first has taken by then is out of its output buffer,
 * the rest goes to the second. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { HEAD = 3000, REST = 500, SEED = 9 };

static bool heard;

static void on_read(struct bufferevent *bev, void *arg) {
    (void)arg;
    evbuffer_drain(bufferevent_get_input(bev), 1);
    heard = true;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int first_peer, second_peer, second;
    struct bufferevent *bev = evl_tcp(base, 0, &first_peer);
    int first = bufferevent_getfd(bev);

    net_tcp_pair(&second, &second_peer);
    CHECK_INT(evutil_make_socket_nonblocking(second), 0);
    bufferevent_setcb(bev, on_read, NULL, NULL, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    for (int i = 0; i < 3; i++) { /* what has read once may be the ring's */
        heard = false;
        net_send_text(first_peer, "x");
        evl_run_until(base, &heard);
    }
    evl_add_pattern(bufferevent_get_output(bev), SEED, 0, HEAD);
    CHECK(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
    net_receive_pattern(first_peer, SEED, 0, HEAD);
    CHECK_INT(bufferevent_setfd(bev, second), 0);
    CHECK_INT(evbuffer_get_length(bufferevent_get_output(bev)), 0);
    evl_add_pattern(bufferevent_get_output(bev), SEED, HEAD, REST);
    evl_run_for(base, 20);
    net_receive_pattern(second_peer, SEED, HEAD, REST);
    CHECK(!net_readable(first_peer, 0));
    CHECK(!net_readable(second_peer, 0));
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(first);
    net_close(first_peer);
    net_close(second_peer);
    evl_end(base);
    return check_passed();
}
