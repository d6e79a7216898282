/* uv_write of a few bytes and uv_close right after it, as servers end a connection: on epoll the bytes were written
 * inside uv_write, so the peer gets them and the callback says that they were written. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>

static bool heard, closed;
static int status_of_write;

static void wrote(uv_write_t *request, int status) {
    CHECK(!closed);
    status_of_write = status;
    free(request);
}

static void on_close(uv_handle_t *handle) {
    (void)handle;
    closed = true;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)buf;
    if (got == 0)
        return;
    CHECK_INT(got, 5);
    status_of_write = 1;
    uvl_write(stream, "last words", 10, wrote);
    uv_close((uv_handle_t *)stream, on_close);
    heard = true;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    for (int i = 0; i < 5; i++) {
        uv_tcp_t stream;
        int peer = uvl_tcp(loop, &stream);
        closed = heard = false;
        CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
        net_send_text(peer, "hello");
        uvl_run_until(loop, &heard);
        if (!closed)
            uvl_run_until(loop, &closed);
        net_expect_text(peer, "last words");
        net_expect_end(peer);
        CHECK_SAY(status_of_write == 0, "the bytes arrived, but the callback said %s", uv_strerror(status_of_write));
        net_close(peer);
    }
    uvl_end(loop);
    return check_passed();
}
