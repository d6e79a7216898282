/* uv_loop_fork: the child goes on with the inherited loop and its handles, while the parent's is untouched. What was
 * written before the fork is sent once, by the parent. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <string.h>
#include <unistd.h>

static bool heard, fired;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream;
    CHECK_INT(got, 4);
    CHECK(memcmp(buf->base, "ping", 4) == 0);
    heard = true;
}

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    fired = true;
}

static void ping(uv_loop_t *loop, uv_tcp_t *stream, int peer) {
    heard = false;
    net_send_text(peer, "ping");
    uvl_run_until(loop, &heard);
    uvl_write((uv_stream_t *)stream, "pong", 4, uvl_write_done);
    uvl_run_for(loop, 2);
    net_expect_text(peer, "pong");
}

static _Noreturn void child_main(uv_loop_t *loop, uv_tcp_t *stream, int peer) {
    check_child(10);
    CHECK_UV(uv_loop_fork(loop));
    uv_timer_t timer;
    CHECK_UV(uv_timer_init(loop, &timer));
    CHECK_UV(uv_timer_start(&timer, on_timer, 5, 0));
    uvl_run_until(loop, &fired);
    ping(loop, stream, peer);
    ping(loop, stream, peer);
    /* A loop of the child's own works beside it. */
    uv_loop_t own;
    uv_tcp_t own_stream;
    CHECK_UV(uv_loop_init(&own));
    int own_peer = uvl_tcp(&own, &own_stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&own_stream, uvl_alloc, on_read));
    ping(&own, &own_stream, own_peer);
    uvl_close_loop(&own);
    _exit(0);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t stream;
    int peer = uvl_tcp(loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    ping(loop, &stream, peer);
    for (int i = 0; i < 2; i++) {
        uvl_write((uv_stream_t *)&stream, "before the fork", 15, uvl_write_done);
        pid_t child = CHECK_FD(fork());
        if (child == 0) {
            net_expect_text(peer, "before the fork");
            child_main(loop, &stream, peer);
        }
        check_child_passed(child);
        uvl_run_for(loop, 2);
        CHECK_SAY(!net_readable(peer, 2), "what was written before the fork came twice");
        ping(loop, &stream, peer);
    }
    uvl_end(loop);
    net_close(peer);
    return check_passed();
}
