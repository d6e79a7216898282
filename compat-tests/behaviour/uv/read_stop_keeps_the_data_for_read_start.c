/* Bytes received ahead of the program are not lost by uv_read_stop, nor reported while reading is stopped; the end of
 * the stream waits too. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <sys/socket.h>

enum { FIRST = 1000, REST = 150000, SEED = 51 };

static uv_tcp_t stream;
static uint64_t received;
static unsigned calls;
static bool got_some, ended, one_at_a_time;

static void read_some(uv_stream_t *from, ssize_t got, const uv_buf_t *buf) {
    if (got == UV_EOF) {
        ended = true;
        return;
    }
    CHECK_UV((int)got);
    pattern_check(SEED, received, buf->base, (size_t)got);
    received += (size_t)got;
    got_some = true;
    calls++;
    if (one_at_a_time)
        CHECK_UV(uv_read_stop(from));
}

static void small_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    uvl_alloc(handle, suggested, buf);
    buf->len = 3000;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    int peer = uvl_tcp(loop, &stream);
    uv_stream_t *reader = (uv_stream_t *)&stream;
    CHECK_UV(uv_read_start(reader, uvl_alloc, read_some));
    net_send_pattern(peer, SEED, 0, FIRST);
    uvl_run_until(loop, &got_some);
    while (received < FIRST)
        uv_run(loop, UV_RUN_ONCE);
    CHECK_UV(uv_read_stop(reader));
    unsigned before = calls;
    net_send_pattern(peer, SEED, FIRST, REST);
    CHECK_FD(shutdown(peer, SHUT_WR));
    uvl_run_for(loop, 20);
    CHECK_INT(calls, before);
    CHECK(!ended);

    /* One callback for each start: stop inside the callback must hold although more is at hand. */
    one_at_a_time = true;
    for (int i = 0; i < 10; i++) {
        got_some = false;
        before = calls;
        CHECK_UV(uv_read_start(reader, small_alloc, read_some));
        uvl_run_until(loop, &got_some);
        uvl_run_for(loop, 1);
        CHECK_INT(calls, before + 1);
    }
    one_at_a_time = false;
    CHECK_UV(uv_read_start(reader, small_alloc, read_some));
    uvl_run_until(loop, &ended);
    CHECK_INT(received, FIRST + REST);
    uvl_end(loop);
    net_close(peer);
    return check_passed();
}
