/* bufferevent_set_timeouts: as long as the peer takes something within the limit, a write does not time out, however
 * long all of it takes. */
#include "check.h"
#include "event_loop.h"
#include "net.h"
#include "pattern.h"

#include <errno.h>
#include <sys/socket.h>

/* The socket has room for 2 KiB at a time, which the peer takes in 90 ms; 16 KiB, in 640. */
enum { LIMIT_MS = 400, ROOM = 2048, PART = 256, EVERY_MS = 10, SIZE = 32768 };

static bool came;

static void on_event(struct bufferevent *bev, short what, void *arg) {
    (void)bev, (void)what, (void)arg;
    came = true;
}

static void take_slowly(struct event_base *base, int peer) {
    char part[PART];
    ssize_t n;

    for (size_t total = 0; total < SIZE; total += (size_t)(n > 0 ? n : 0)) {
        evl_run_for(base, EVERY_MS);
        CHECK_SAY(!came, "a timeout after %zu bytes, although the peer took some all the time", total);
        n = recv(peer, part, sizeof part, MSG_DONTWAIT);
        if (n < 0)
            CHECK_INT(errno, EAGAIN);
        else
            pattern_check(2, total, part, (size_t)n);
    }
}

int main(void) {
    check_begin(20);
    struct event_base *base = evl_base();
    struct timeval limit = {0, LIMIT_MS * 1000};
    int ends[2], room = ROOM;

    CHECK_FD(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
    CHECK_FD(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
    struct bufferevent *bev = bufferevent_socket_new(base, ends[0], BEV_OPT_CLOSE_ON_FREE);
    CHECK(bev != NULL);
    bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
    CHECK_INT(bufferevent_set_timeouts(bev, NULL, &limit), 0);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    evl_add_pattern(bufferevent_get_output(bev), 2, 0, SIZE);
    take_slowly(base, ends[1]);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(ends[1]);
    evl_end(base);
    return check_passed();
}
