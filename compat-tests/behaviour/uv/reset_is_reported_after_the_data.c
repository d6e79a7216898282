/* A peer that sends and then resets: the data come first, then one error or end. A reset that comes alone is
 * ECONNRESET; one that comes together with the last data may be shown as the end, which is how libuv reads POLLHUP. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

enum { FIRST = 100, SIZE = 5000, SEED = 61 };

static uint64_t received;
static int error;
static bool started, failed;

static void read_some(uv_stream_t *from, ssize_t got, const uv_buf_t *buf) {
    if (got < 0) {
        CHECK(!failed);
        error = (int)got;
        failed = true;
        uv_close((uv_handle_t *)from, NULL);
        return;
    }
    pattern_check(SEED, received, buf->base, (size_t)got);
    received += (size_t)got;
    started = received == FIRST;
}

static int end_of_a_connection(uv_loop_t *loop, bool with_data) {
    uv_tcp_t stream;
    int peer = uvl_tcp(loop, &stream);
    received = 0;
    started = failed = false;
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, read_some));
    net_send_pattern(peer, SEED, 0, FIRST);
    uvl_run_until(loop, &started);
    if (with_data)
        net_send_pattern(peer, SEED, FIRST, SIZE);
    net_reset(peer);
    uvl_run_until(loop, &failed);
    uvl_run_for(loop, 1);
    CHECK_INT(received, with_data ? FIRST + SIZE : FIRST);
    return error;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    CHECK_INT(end_of_a_connection(loop, false), UV_ECONNRESET);
    int last = end_of_a_connection(loop, true);
    CHECK_SAY(last == UV_ECONNRESET || last == UV_EOF, "ended with %s", uv_strerror(last));
    uvl_end(loop);
    return check_passed();
}
