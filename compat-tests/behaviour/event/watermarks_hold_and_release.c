/* The read low-watermark delays the callback, the high one stops reading until the program drains; the write
 * low-watermark says when the callback comes. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { LOW = 1000, HIGH = 5000, SIZE = 60000, SEED = 91, LEFT = 2000, HELD_CALLS = 20 };

static unsigned calls;
static size_t taken;
static bool all_taken, written;

/* libevent goes on calling while the input stands at the high watermark: hold it there for some calls first. */
static void on_read(struct bufferevent *bev, void *arg) {
    (void)arg;
    size_t length = evbuffer_get_length(bufferevent_get_input(bev));
    CHECK_SAY(length >= LOW && length <= HIGH, "called with %zu bytes", length);
    if (++calls < HELD_CALLS)
        return;
    evl_take(bufferevent_get_input(bev), SEED, taken, length);
    taken += length;
    all_taken = SIZE - taken < LOW;
}

static void on_written(struct bufferevent *bev, void *arg) {
    (void)arg;
    CHECK(evbuffer_get_length(bufferevent_get_output(bev)) <= LEFT);
    written = true;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    bufferevent_setcb(bev, on_read, on_written, NULL, NULL);
    bufferevent_setwatermark(bev, EV_READ, LOW, HIGH);
    bufferevent_setwatermark(bev, EV_WRITE, LEFT, 0);
    CHECK_INT(bufferevent_enable(bev, EV_READ), 0);

    net_send_pattern(peer, SEED, 0, LOW - 1);
    evl_run_for(base, 20);
    CHECK_INT(calls, 0);
    net_send_pattern(peer, SEED, LOW - 1, SIZE - LOW + 1);
    evl_run_until(base, &all_taken);
    CHECK(calls > HELD_CALLS);

    evl_add_pattern(bufferevent_get_output(bev), SEED, 0, SIZE);
    evl_run_until(base, &written);
    evl_run_for(base, 5);
    net_receive_pattern(peer, SEED, 0, SIZE);
    bufferevent_free(bev);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
