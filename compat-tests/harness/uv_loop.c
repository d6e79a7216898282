#include "uv_loop.h"

#include "check.h"
#include "net.h"

#include <stdlib.h>

enum { BUFFER = 65536 };

int uvl_call(int result, const char *text, const char *file, int line) {
    if (result < 0)
        check_fail(file, line, "%s: %s", text, uv_strerror(result));
    return result;
}

int uvl_tcp(uv_loop_t *loop, uv_tcp_t *stream) {
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    CHECK_UV(uv_tcp_init(loop, stream));
    CHECK_UV(uv_tcp_open(stream, ours));
    return peer;
}

int uvl_pipe(uv_loop_t *loop, uv_pipe_t *stream) {
    int ours, peer;
    net_unix_pair(&ours, &peer);
    CHECK_UV(uv_pipe_init(loop, stream, 0));
    CHECK_UV(uv_pipe_open(stream, ours));
    return peer;
}

void uvl_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    (void)handle;
    (void)suggested;
    static _Thread_local char bytes[BUFFER];
    *buf = uv_buf_init(bytes, BUFFER);
}

void uvl_free(uv_handle_t *handle) {
    free(handle);
}

/* Marks in handle->data a handle that came from malloc and goes with its close callback. */
static char uvl_owned;

static void uvl__close(uv_handle_t *handle) {
    if (!uv_is_closing(handle))
        uv_close(handle, handle->data == &uvl_owned ? uvl_free : NULL);
}

struct echo_write {
    uv_write_t request;
    char bytes[];
};

static void uvl__echoed(uv_write_t *request, int status) {
    CHECK_SAY(status == 0 || status == UV_ECANCELED || status == UV_EPIPE || status == UV_ECONNRESET, "echo: %s",
              uv_strerror(status));
    free(request);
}

static void uvl__echo_shut(uv_shutdown_t *request, int status) {
    (void)status;
    uvl__close((uv_handle_t *)request->handle);
    free(request);
}

static void uvl__echo_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    if (got == UV_EOF) {
        uv_shutdown_t *shut = malloc(sizeof *shut);
        CHECK(shut);
        CHECK_UV(uv_shutdown(shut, stream, uvl__echo_shut));
        return;
    }
    if (got < 0) {
        uvl__close((uv_handle_t *)stream);
        return;
    }
    if (got == 0)
        return; /* libuv's word for EAGAIN */
    struct echo_write *echo = malloc(sizeof *echo + (size_t)got);
    CHECK(echo);
    for (ssize_t i = 0; i < got; i++)
        echo->bytes[i] = buf->base[i];
    uv_buf_t out = uv_buf_init(echo->bytes, (unsigned)got);
    CHECK_UV(uv_write(&echo->request, stream, &out, 1, uvl__echoed));
}

void uvl_echo(uv_stream_t *stream) {
    stream->data = &uvl_owned;
    CHECK_UV(uv_read_start(stream, uvl_alloc, uvl__echo_read));
}

void uvl_accept_echo(uv_stream_t *listener, int status) {
    CHECK_UV(status);
    uv_tcp_t *stream = malloc(sizeof *stream);
    CHECK(stream);
    CHECK_UV(uv_tcp_init(listener->loop, stream));
    CHECK_UV(uv_accept(listener, (uv_stream_t *)stream));
    uvl_echo((uv_stream_t *)stream);
}

uint16_t uvl_listen(uv_loop_t *loop, uv_tcp_t *listener, uv_connection_cb connected) {
    struct sockaddr_in address = net_address(0);
    uv_os_fd_t fd;
    CHECK_UV(uv_tcp_init(loop, listener));
    CHECK_UV(uv_tcp_bind(listener, (struct sockaddr *)&address, 0));
    CHECK_UV(uv_listen((uv_stream_t *)listener, 1024, connected));
    CHECK_UV(uv_fileno((uv_handle_t *)listener, &fd));
    return net_port(fd);
}

void uvl_write(uv_stream_t *stream, const void *bytes, size_t size, uv_write_cb done) {
    uv_write_t *request = malloc(sizeof *request);
    CHECK(request);
    /* uv_buf_t has no const; libuv only reads from it. */
    uv_buf_t buf = {.base = (char *)(uintptr_t)bytes, .len = size};
    CHECK_UV(uv_write(request, stream, &buf, 1, done));
}

void uvl_write_done(uv_write_t *request, int status) {
    CHECK_UV(status);
    free(request);
}

void uvl_run_until(uv_loop_t *loop, const volatile bool *done) {
    while (!*done)
        CHECK_SAY(uv_run(loop, UV_RUN_ONCE) || *done, "the loop has nothing left to do");
}

/* A timer that is due at once fires before the turn's wait, which would then have no end. */
static void uvl__time_is_up(uv_timer_t *timer) {
    *(bool *)timer->data = true;
    uv_stop(timer->loop);
}

void uvl_run_for(uv_loop_t *loop, int ms) {
    bool up = false;
    uv_timer_t *timer = malloc(sizeof *timer);
    CHECK(timer);
    CHECK_UV(uv_timer_init(loop, timer));
    timer->data = &up;
    uv_update_time(loop);
    CHECK_UV(uv_timer_start(timer, uvl__time_is_up, (uint64_t)ms, 0));
    uvl_run_until(loop, &up);
    uv_close((uv_handle_t *)timer, uvl_free);
    uv_run(loop, UV_RUN_NOWAIT);
}

static void uvl__close_open(uv_handle_t *handle, void *arg) {
    (void)arg;
    uvl__close(handle);
}

void uvl_close_loop(uv_loop_t *loop) {
    uv_walk(loop, uvl__close_open, NULL);
    while (uv_run(loop, UV_RUN_DEFAULT))
        continue;
    CHECK_UV(uv_loop_close(loop));
}

void uvl_end(uv_loop_t *loop) {
    uvl_close_loop(loop);
    uv_library_shutdown();
}
