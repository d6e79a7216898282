/* Fifty loops made, used with streams, listeners and polls, and closed: never EBUSY, nothing left open, and a loop that
 * is still in use says so. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>

enum { LOOPS = 50 };

static bool heard;

/* Whether a write that is closed in the same turn was done is another behaviour's question. */
static void wrote(uv_write_t *request, int status) {
    CHECK_SAY(status == 0 || status == UV_ECANCELED, "%s", uv_strerror(status));
    free(request);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)buf;
    CHECK_INT(got, 1);
    uvl_write(stream, "y", 1, wrote);
    heard = true;
}

static void on_connection(uv_stream_t *listener, int status) {
    CHECK_UV(status);
    uvl_accept_echo(listener, status);
}

static void use_one(int round) {
    uv_loop_t loop;
    uv_tcp_t stream, listener;
    CHECK_UV(uv_loop_init(&loop));
    uint16_t port = uvl_listen(&loop, &listener, on_connection);
    int client = net_connect(port);
    int peer = uvl_tcp(&loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    heard = false;
    net_send_text(peer, "x");
    uvl_run_until(&loop, &heard);
    if (round == 0)
        CHECK_INT(uv_loop_close(&loop), UV_EBUSY);
    /* The write may be under way, the client accepted or not: closing must manage. */
    uvl_close_loop(&loop);
    net_close(client);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    use_one(0);
    int fds = check_fds();
    for (int i = 1; i < LOOPS; i++)
        use_one(i);
    CHECK_INT(check_fds(), fds);
    uv_library_shutdown();
    return check_passed();
}
