/* Stock libuv has written inside uv_write already: a program that writes a little and then leaves at once, by exit,
 * _exit or exec, or that closes the stream in the same turn, has still sent its bytes. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <unistd.h>

enum way { BY_EXIT, BY_UNDERSCORE_EXIT, BY_EXEC, BY_CLOSE, WAYS };

static bool heard;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream, (void)buf;
    CHECK_INT(got, 5);
    heard = true;
}

static _Noreturn void child_main(enum way way, int peer_write) {
    check_child(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t stream;
    CHECK_UV(uv_tcp_init(loop, &stream));
    CHECK_UV(uv_tcp_open(&stream, peer_write));
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    uvl_run_until(loop, &heard);
    uv_buf_t buf = uv_buf_init("last words", 10);
    static uv_write_t request;
    CHECK_UV(uv_write(&request, (uv_stream_t *)&stream, &buf, 1, NULL));
    if (way == BY_CLOSE) {
        uv_close((uv_handle_t *)&stream, NULL);
        uv_run(loop, UV_RUN_DEFAULT);
    }
    if (way == BY_EXEC) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    if (way == BY_UNDERSCORE_EXIT)
        _exit(0);
    exit(0);
}

int main(void) {
    check_begin(10);
    check_expect_any();
    for (enum way way = 0; way < WAYS; way++) {
        int ours, peer;
        net_tcp_pair(&ours, &peer);
        pid_t child = CHECK_FD(fork());
        if (child == 0) {
            close(peer);
            child_main(way, ours);
        }
        net_close(ours);
        net_send_text(peer, "hello");
        net_expect_text(peer, "last words");
        net_expect_end(peer);
        net_close(peer);
        check_child_passed(child);
    }
    return check_passed();
}
