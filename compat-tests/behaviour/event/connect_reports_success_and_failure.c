/* bufferevent_socket_connect: CONNECTED, then data that were queued before it; a refused one is ERROR with
 * ECONNREFUSED. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static short outcome;
static int error;
static bool done;

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev, (void)arg;
    error = EVUTIL_SOCKET_ERROR();
    outcome = what;
    done = true;
}

static struct bufferevent *connect_to(struct event_base *base, uint16_t port, bool with_output) {
    struct sockaddr_in address = net_address(port);
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    CHECK(bev);
    bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    if (with_output)
        evl_add_pattern(bufferevent_get_output(bev), 1, 0, 5000);
    done = false;
    CHECK_INT(bufferevent_socket_connect(bev, (struct sockaddr *)&address, sizeof address), 0);
    evl_run_until(base, &done);
    return bev;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    uint16_t port;
    int listener = net_listen(&port);
    for (int i = 0; i < 3; i++) {
        struct bufferevent *bev = connect_to(base, port, true);
        CHECK_INT(outcome, BEV_EVENT_CONNECTED);
        int fd = CHECK_FD(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
        evl_run_for(base, 2);
        net_receive_pattern(fd, 1, 0, 5000);
        net_send_pattern(fd, 2, 0, 3000);
        while (evbuffer_get_length(bufferevent_get_input(bev)) < 3000)
            CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
        evl_take(bufferevent_get_input(bev), 2, 0, 3000);
        bufferevent_free(bev);
        evl_run_for(base, 1);
        net_expect_end(fd);
        net_close(fd);
    }
    net_close(listener);
    struct bufferevent *bev = connect_to(base, port, false);
    CHECK(outcome & BEV_EVENT_ERROR);
    CHECK_INT(error, ECONNREFUSED);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    evl_end(base);
    return check_passed();
}
