/* A client that shuts its sending side down gets everything that the program writes afterwards. The end is told once.
 */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { QUESTION = 3000, ANSWER = 1500000, SEED = 12 };

static uint64_t received;
static unsigned ends;
static char *answer;

static void answered(uv_write_t *request, int status) {
    uv_stream_t *stream = request->handle;
    uvl_write_done(request, status);
    uv_close((uv_handle_t *)stream, NULL);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    if (got == UV_EOF) {
        CHECK_INT(received, QUESTION);
        CHECK_INT(++ends, 1);
        uvl_write(stream, answer, ANSWER, answered);
        return;
    }
    CHECK_UV((int)got);
    pattern_check(SEED, received, buf->base, (size_t)got);
    received += (size_t)got;
}

static void client_main(void *arg) {
    int fd = *(int *)arg;
    net_send_pattern(fd, SEED, 0, QUESTION);
    CHECK_FD(shutdown(fd, SHUT_WR));
    check_sleep_ms(10);
    net_receive_pattern(fd, SEED + 1, 0, ANSWER);
    net_expect_end(fd);
    net_close(fd);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t stream;
    uv_pipe_t pipe;
    answer = malloc(ANSWER);
    CHECK(answer);
    pattern_fill(SEED + 1, 0, answer, ANSWER);
    for (int tcp = 0; tcp < 2; tcp++) {
        int peer = tcp ? uvl_tcp(loop, &stream) : uvl_pipe(loop, &pipe);
        received = 0;
        ends = 0;
        CHECK_UV(uv_read_start(tcp ? (uv_stream_t *)&stream : (uv_stream_t *)&pipe, uvl_alloc, on_read));
        uv_thread_t thread;
        CHECK_UV(uv_thread_create(&thread, client_main, &peer));
        uv_run(loop, UV_RUN_DEFAULT);
        CHECK_UV(uv_thread_join(&thread));
        CHECK_INT(ends, 1);
    }
    free(answer);
    uvl_end(loop);
    return check_passed();
}
