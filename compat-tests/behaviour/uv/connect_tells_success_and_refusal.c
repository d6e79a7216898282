/* uv_tcp_connect: a made connection carries data both ways at once; a refused one is ECONNREFUSED. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <string.h>

static bool done, heard;
static int outcome;

static void connected(uv_connect_t *request, int status) {
    (void)request;
    outcome = status;
    done = true;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    CHECK_INT(got, 5);
    CHECK(memcmp(buf->base, "hello", 5) == 0);
    uv_close((uv_handle_t *)stream, NULL);
    heard = true;
}

static int outcome_of(uv_loop_t *loop, uv_tcp_t *stream, uint16_t port) {
    static uv_connect_t request;
    struct sockaddr_in address = net_address(port);
    CHECK_UV(uv_tcp_init(loop, stream));
    done = false;
    CHECK_UV(uv_tcp_connect(&request, stream, (struct sockaddr *)&address, connected));
    uvl_run_until(loop, &done);
    return outcome;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener, stream, refused;
    uint16_t port = uvl_listen(loop, &listener, uvl_accept_echo);
    for (int i = 0; i < 3; i++) {
        heard = false;
        CHECK_INT(outcome_of(loop, &stream, port), 0);
        CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
        uvl_write((uv_stream_t *)&stream, "hello", 5, uvl_write_done);
        uvl_run_until(loop, &heard);
        uvl_run_for(loop, 1);
    }
    uv_close((uv_handle_t *)&listener, NULL);
    uvl_run_for(loop, 1);
    CHECK_INT(outcome_of(loop, &refused, port), UV_ECONNREFUSED);
    uvl_end(loop);
    return check_passed();
}
