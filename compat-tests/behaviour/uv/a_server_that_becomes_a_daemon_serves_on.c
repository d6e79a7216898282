/* daemon(3) before the first turn, as most servers do, and after some with uv_loop_fork: listener, streams and timers
 * of the loop go on in the child. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static uv_tcp_t listener, stream;
static int peer;
static bool heard;

static void on_read(uv_stream_t *handle, ssize_t got, const uv_buf_t *buf) {
    (void)handle, (void)buf;
    CHECK_INT(got, 4);
    heard = true;
}

static void serve(uint16_t port) {
    for (int i = 0; i < 3; i++) {
        heard = false;
        net_send_text(peer, "ping");
        uvl_run_until(&loop, &heard);
        uvl_write((uv_stream_t *)&stream, "pong", 4, uvl_write_done);
        uvl_run_for(&loop, 1);
        net_expect_text(peer, "pong");
        int client = net_connect(port);
        net_send_text(client, "hello");
        uvl_run_for(&loop, 5);
        net_expect_text(client, "hello");
        net_close(client);
        uvl_run_for(&loop, 1);
    }
}

static _Noreturn void become_a_daemon(int say, bool ran_before) {
    check_child(10);
    CHECK_UV(uv_loop_init(&loop));
    uint16_t port = uvl_listen(&loop, &listener, uvl_accept_echo);
    peer = uvl_tcp(&loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    if (ran_before)
        serve(port);
    CHECK_FD(daemon(1, 1));
    check_child(10);
    if (ran_before)
        CHECK_UV(uv_loop_fork(&loop));
    serve(port);
    check_carrier();
    uvl_close_loop(&loop);
    /* Nobody waits for a daemon's status. */
    CHECK_INT(write(say, "passed", 6), 6);
    _exit(0);
}

int main(void) {
    check_begin(10);
    check_expect_any(); /* the loops run in children, which look for themselves */
    for (int ran_before = 0; ran_before < 2; ran_before++) {
        int said[2];
        CHECK_FD(pipe(said));
        pid_t child = CHECK_FD(fork());
        if (child == 0)
            become_a_daemon(said[1], ran_before);
        net_close(said[1]);
        check_child_passed(child);
        net_expect_text(said[0], "passed");
        net_close(said[0]);
    }
    return check_passed();
}
