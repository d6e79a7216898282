/* Fifty bases made, used and freed, some with bufferevents that still read, write and listen. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>

enum { BASES = 50 };

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                          void *arg) {
    (void)listener, (void)address, (void)length, (void)arg;
    net_close((int)fd);
}

static void use_one(bool orderly) {
    struct event_base *base = evl_base();
    struct sockaddr_in address = net_address(0);
    struct evconnlistener *listener = evconnlistener_new_bind(base, on_connection, NULL, LEV_OPT_CLOSE_ON_FREE, 16,
                                                              (struct sockaddr *)&address, sizeof address);
    CHECK(listener);
    int client = net_connect(net_port(evconnlistener_get_fd(listener))), peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    net_send_pattern(peer, 1, 0, 500);
    while (evbuffer_get_length(bufferevent_get_input(bev)) < 500)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    evl_take(bufferevent_get_input(bev), 1, 0, 500);
    evl_add_pattern(bufferevent_get_output(bev), 2, 0, 500);
    event_base_loop(base, EVLOOP_NONBLOCK);
    net_receive_pattern(peer, 2, 0, 500);
    net_send_pattern(peer, 1, 500, 500);
    bufferevent_free(bev);
    evconnlistener_free(listener);
    if (orderly)
        evl_run_for(base, 1);
    event_base_free(base);
    net_close(client);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    use_one(true);
    int fds = check_fds();
    for (int i = 0; i < BASES; i++)
        use_one(i & 1);
    CHECK_INT(check_fds(), fds);
    libevent_global_shutdown();
    return check_passed();
}
