/* uv_poll is level triggered: data left unread are reported in every turn, and no more once they are read. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <unistd.h>

static int ours;
static unsigned calls;
static bool enough;

static void ready(uv_poll_t *poll, int status, int events) {
    (void)poll;
    CHECK_UV(status);
    CHECK_INT(events, UV_READABLE);
    calls++;
    if (calls >= 5) {
        char byte;
        CHECK_INT(read(ours, &byte, 1), 1);
        CHECK_INT(byte, "hello"[calls - 5]);
    }
    enough = calls == 9;
}

static void hung_up(uv_poll_t *poll, int status, int events) {
    CHECK_UV(status);
    CHECK(events & UV_DISCONNECT);
    CHECK_UV(uv_poll_stop(poll));
    enough = true;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    int peer;
    net_unix_pair(&ours, &peer);
    uv_poll_t poll;
    CHECK_UV(uv_poll_init(loop, &poll, ours));
    CHECK_UV(uv_poll_start(&poll, UV_READABLE, ready));
    net_send_text(peer, "hello");
    uvl_run_until(loop, &enough);
    uvl_run_for(loop, 20);
    CHECK_INT(calls, 9);

    net_close(peer);
    enough = false;
    CHECK_UV(uv_poll_start(&poll, UV_READABLE | UV_DISCONNECT, hung_up));
    uvl_run_until(loop, &enough);
    uvl_end(loop);
    net_close(ours);
    return check_passed();
}
