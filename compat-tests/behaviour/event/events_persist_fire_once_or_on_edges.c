/* Raw events: EV_PERSIST is reported again while data are unread, a plain event once per event_add, EV_ET once per
 * arrival; EV_WRITE on a writable socket fires at once; EV_TIMEOUT fires when nothing comes. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <unistd.h>

static unsigned calls;
static short last;

static void on_event(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)arg;
    calls++;
    last = what;
}

static void turns(struct event_base *base, unsigned count) {
    calls = 0;
    for (unsigned i = 0; i < count; i++)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int ours, peer;
    net_unix_pair(&ours, &peer);

    struct event *event = event_new(base, ours, EV_READ | EV_PERSIST, on_event, NULL);
    CHECK_INT(event_add(event, NULL), 0);
    turns(base, 3);
    CHECK_INT(calls, 0);
    net_send_text(peer, "ab");
    turns(base, 5);
    CHECK_INT(calls, 5);
    net_expect_text(ours, "ab");
    turns(base, 3);
    CHECK_INT(calls, 0);
    event_free(event);

    event = event_new(base, ours, EV_READ, on_event, NULL);
    net_send_text(peer, "cd");
    for (int i = 0; i < 3; i++) {
        CHECK_INT(event_add(event, NULL), 0);
        turns(base, 3);
        CHECK_INT(calls, 1);
    }
    net_expect_text(ours, "cd");
    struct timeval soon = {0, 5000};
    CHECK_INT(event_add(event, &soon), 0);
    calls = 0;
    event_base_dispatch(base);
    CHECK_INT(calls, 1);
    CHECK_INT(last, EV_TIMEOUT);
    event_free(event);

    event = event_new(base, ours, EV_READ | EV_PERSIST | EV_ET, on_event, NULL);
    CHECK_INT(event_add(event, NULL), 0);
    net_send_text(peer, "ef");
    turns(base, 5);
    CHECK_INT(calls, 1);
    net_send_text(peer, "gh");
    turns(base, 5);
    CHECK_INT(calls, 1);
    net_expect_text(ours, "efgh");
    event_free(event);

    event = event_new(base, ours, EV_WRITE | EV_PERSIST, on_event, NULL);
    CHECK_INT(event_add(event, NULL), 0);
    turns(base, 3);
    CHECK_INT(calls, 3);
    CHECK_INT(last, EV_WRITE);
    event_free(event);
    net_close(ours);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
