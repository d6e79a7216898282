/* A server forks (as it does to start a program) while connections wait to be accepted: the child's copies must go
 * without a trace, and the parent serves all of them to their orderly end. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <unistd.h>

enum { CLIENTS = 6, SIZE = 200000 };

static uv_loop_t loop;
static uv_tcp_t listener;
static int accepted;
static char bytes[SIZE];

static void written(uv_write_t *request, int status) {
    CHECK_UV(status);
    uv_close((uv_handle_t *)request->handle, uvl_free);
    free(request);
}

static void fork_now(void) {
    pid_t child = CHECK_FD(fork());
    if (child == 0)
        _exit(0);
    check_child_passed(child);
}

static void connected(uv_stream_t *server, int status) {
    CHECK_UV(status);
    if (accepted > 0)
        fork_now(); /* the others are waiting */
    uv_tcp_t *stream = malloc(sizeof *stream);
    CHECK(stream);
    CHECK_UV(uv_tcp_init(&loop, stream));
    CHECK_UV(uv_accept(server, (uv_stream_t *)stream));
    uvl_write((uv_stream_t *)stream, bytes, SIZE, written);
    accepted++;
}

static void serve(uint16_t port, int clients) {
    int client[CLIENTS], from = accepted;
    char *got = malloc(SIZE);
    CHECK(got);
    for (int i = 0; i < clients; i++)
        client[i] = net_connect(port);
    while (accepted < from + clients)
        uv_run(&loop, UV_RUN_ONCE);
    uvl_run_for(&loop, 10);
    for (int i = 0; i < clients; i++) {
        net_receive_all(client[i], got, SIZE);
        net_expect_end(client[i]);
        net_close(client[i]);
    }
    free(got);
}

int main(void) {
    check_begin(10);
    CHECK_UV(uv_loop_init(&loop));
    uint16_t port = uvl_listen(&loop, &listener, connected);
    serve(port, 1);
    serve(port, CLIENTS);
    uvl_end(&loop);
    return check_passed();
}
