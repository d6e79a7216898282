/* libevent writes without MSG_NOSIGNAL, the ring never signals: output of a bufferevent whose sending side is gone must
 * raise SIGPIPE as stock libevent does, and be reported as an error. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

static volatile sig_atomic_t pipes;
static bool failed;

static void count(int number) {
    (void)number;
    pipes++;
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev, (void)arg;
    CHECK_INT(EVUTIL_SOCKET_ERROR(), EPIPE);
    CHECK_INT(what, BEV_EVENT_WRITING | BEV_EVENT_ERROR);
    failed = true;
}

static void broken(struct event_base *base, size_t size) {
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    net_send_text(peer, "ping");
    while (evbuffer_get_length(bufferevent_get_input(bev)) < 4)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
    CHECK_INT(bufferevent_write(bev, "pong", 4), 0);
    evl_run_for(base, 1);
    net_expect_text(peer, "pong");
    CHECK_FD(shutdown(bufferevent_getfd(bev), SHUT_WR));
    failed = false;
    pipes = 0;
    evl_add_pattern(bufferevent_get_output(bev), 1, 0, size);
    evl_run_until(base, &failed);
    CHECK_INT(pipes, 1);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    struct sigaction action = {.sa_handler = count};
    CHECK_FD(sigaction(SIGPIPE, &action, NULL));
    struct event_base *base = evl_base();
    /* Few bytes go by copy, many by reference. */
    broken(base, 10);
    broken(base, 10000);
    evl_end(base);
    return check_passed();
}
