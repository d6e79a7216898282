/* The peer resets the connection in the very turn in which the program stops reading: the error is told when it reads
 * again, as it is where the error waits in the socket. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

static uv_loop_t loop;
static uv_tcp_t stream;
static int bytes;
static ssize_t end;

static void got_some(uv_stream_t *handle, ssize_t got, const uv_buf_t *buf) {
    (void)handle;
    (void)buf;
    if (got < 0)
        end = got;
    else
        bytes += (int)got;
}

int main(void) {
    check_begin(10);
    CHECK_UV(uv_loop_init(&loop));
    int peer = uvl_tcp(&loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, got_some));
    for (int i = 1; i <= 3; i++) {
        net_send_text(peer, "x");
        uvl_run_for(&loop, 5);
        CHECK_INT(bytes, i);
    }
    CHECK_UV(uv_read_stop((uv_stream_t *)&stream));
    net_reset(peer);
    uvl_run_for(&loop, 10);
    CHECK_INT(end, 0);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, got_some));
    uvl_run_for(&loop, 10);
    CHECK_INT(end, UV_ECONNRESET);
    uvl_end(&loop);
    return check_passed();
}
