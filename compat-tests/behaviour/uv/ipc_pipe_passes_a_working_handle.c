/* uv_write2 over an IPC pipe: a read() or RECV would drop the descriptor. The handle that arrives is a live connection,
 * with the bytes that came before and after it in their places. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <string.h>

enum { HANDLES = 5 };

static uv_pipe_t sender, receiver;
static char text[64];
static unsigned accepted;
static bool all_accepted, heard;
static uv_tcp_t arrived[HANDLES];

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    CHECK_UV((int)got);
    strncat(text, buf->base, (size_t)got);
    while (uv_pipe_pending_count((uv_pipe_t *)stream) > 0) {
        CHECK_INT(uv_pipe_pending_type((uv_pipe_t *)stream), UV_TCP);
        CHECK(accepted < HANDLES);
        CHECK_UV(uv_tcp_init(stream->loop, &arrived[accepted]));
        CHECK_UV(uv_accept(stream, (uv_stream_t *)&arrived[accepted]));
        accepted++;
    }
    all_accepted = accepted == HANDLES && strlen(text) == 2 * HANDLES;
}

static void on_echo(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    CHECK_INT(got, 5);
    CHECK(memcmp(buf->base, "hello", 5) == 0);
    uvl_write(stream, "world", 5, uvl_write_done);
    CHECK_UV(uv_read_stop(stream));
    heard = true;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    int left, right, peer[HANDLES];
    net_unix_pair(&left, &right);
    net_nonblocking(right);
    CHECK_UV(uv_pipe_init(loop, &sender, 1));
    CHECK_UV(uv_pipe_open(&sender, left));
    CHECK_UV(uv_pipe_init(loop, &receiver, 1));
    CHECK_UV(uv_pipe_open(&receiver, right));
    CHECK_UV(uv_read_start((uv_stream_t *)&receiver, uvl_alloc, on_read));
    uv_tcp_t passed[HANDLES];
    for (int i = 0; i < HANDLES; i++) {
        peer[i] = uvl_tcp(loop, &passed[i]);
        uv_write_t *request = malloc(sizeof *request);
        CHECK(request);
        uv_buf_t plain = uv_buf_init("-", 1), with = uv_buf_init("+", 1);
        uvl_write((uv_stream_t *)&sender, plain.base, plain.len, uvl_write_done);
        CHECK_UV(uv_write2(request, (uv_stream_t *)&sender, &with, 1, (uv_stream_t *)&passed[i], uvl_write_done));
    }
    uvl_run_until(loop, &all_accepted);
    CHECK_SAY(strcmp(text, "-+-+-+-+-+") == 0, "got %s", text);
    for (int i = 0; i < HANDLES; i++)
        uv_close((uv_handle_t *)&passed[i], NULL);
    uvl_run_for(loop, 1);
    for (int i = 0; i < HANDLES; i++) {
        heard = false;
        CHECK_UV(uv_read_start((uv_stream_t *)&arrived[i], uvl_alloc, on_echo));
        net_send_text(peer[i], "hello");
        uvl_run_until(loop, &heard);
        uvl_run_for(loop, 1);
        net_expect_text(peer[i], "world");
    }
    uvl_end(loop);
    for (int i = 0; i < HANDLES; i++) {
        net_expect_end(peer[i]);
        net_close(peer[i]);
    }
    return check_passed();
}
