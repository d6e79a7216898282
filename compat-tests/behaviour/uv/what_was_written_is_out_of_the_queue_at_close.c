/* uv_close behind writes of one and of many buffers: what the kernel has taken is written and no longer queued, and
 * what libuv allocated for it is given back once. libuv 1.53 asserts that a write that is cancelled was not done. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

enum { PARTS = 9, PART = 100, SEED = 5, ROUNDS = 20 };

static bool heard, closed;
static int written;

static void wrote(uv_write_t *request, int status) {
    (void)request;
    CHECK_SAY(status == 0, "the bytes are with the kernel, but the callback said %s", uv_strerror(status));
    written++;
}

static void on_close(uv_handle_t *handle) {
    (void)handle;
    CHECK_INT(written, 2);
    closed = true;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    static uv_write_t many, one;
    static char bytes[(PARTS + 1) * PART];
    uv_buf_t part[PARTS], last = uv_buf_init(bytes + PARTS * PART, PART);

    (void)buf;
    if (got == 0)
        return;
    CHECK_INT(got, 5);
    pattern_fill(SEED, 0, bytes, sizeof bytes);
    for (int i = 0; i < PARTS; i++)
        part[i] = uv_buf_init(bytes + i * PART, PART);
    CHECK_UV(uv_write(&many, stream, part, PARTS, wrote));
    CHECK_UV(uv_write(&one, stream, &last, 1, wrote));
    uv_close((uv_handle_t *)stream, on_close);
    CHECK_INT(uv_stream_get_write_queue_size(stream), 0);
    heard = true;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    for (int i = 0; i < ROUNDS; i++) {
        uv_tcp_t stream;
        int peer = uvl_tcp(loop, &stream);
        closed = heard = false;
        written = 0;
        CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
        net_send_text(peer, "hello");
        uvl_run_until(loop, &heard);
        if (!closed)
            uvl_run_until(loop, &closed);
        net_receive_pattern(peer, SEED, 0, (PARTS + 1) * PART);
        net_expect_end(peer);
        net_close(peer);
    }
    uvl_end(loop);
    return check_passed();
}
