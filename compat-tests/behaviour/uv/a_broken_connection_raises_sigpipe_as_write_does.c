/* libuv writes without MSG_NOSIGNAL, the ring never signals: a uv_write on a connection whose sending side is gone must
 * raise SIGPIPE exactly as often as stock libuv does, and end with EPIPE. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { WRITES = 3 };

static volatile sig_atomic_t pipes;
static int ends;
static bool heard, done;

static void count(int number) {
    (void)number;
    pipes++;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream, (void)buf;
    heard |= got > 0;
}

static void wrote(uv_write_t *request, int status) {
    CHECK_INT(status, UV_EPIPE);
    free(request);
    done = ++ends == WRITES;
}

static void broken(uv_loop_t *loop, bool tcp) {
    uv_tcp_t socket;
    uv_pipe_t local;
    uv_stream_t *stream = tcp ? (uv_stream_t *)&socket : (uv_stream_t *)&local;
    int peer = tcp ? uvl_tcp(loop, &socket) : uvl_pipe(loop, &local), ours;
    CHECK_UV(uv_fileno((uv_handle_t *)stream, &ours));
    CHECK_UV(uv_read_start(stream, uvl_alloc, on_read));
    heard = done = false;
    net_send_text(peer, "ping");
    uvl_run_until(loop, &heard);
    uvl_write(stream, "pong", 4, uvl_write_done);
    uvl_run_for(loop, 1);
    net_expect_text(peer, "pong");
    CHECK_FD(shutdown(ours, SHUT_WR));
    pipes = ends = 0;
    for (int i = 1; i <= WRITES; i++) {
        uvl_write(stream, "nobody reads this", 17, wrote);
        while (ends < i) /* or the deadline passes */
            uv_run(loop, UV_RUN_ONCE);
        CHECK_INT(pipes, i);
    }
    uv_close((uv_handle_t *)stream, NULL);
    uvl_run_for(loop, 1);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    struct sigaction action = {.sa_handler = count};
    CHECK_FD(sigaction(SIGPIPE, &action, NULL));
    uv_loop_t *loop = uv_default_loop();
    broken(loop, true);
    broken(loop, false);
    uvl_end(loop);
    return check_passed();
}
