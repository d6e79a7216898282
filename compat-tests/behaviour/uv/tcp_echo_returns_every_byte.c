/* The plain path: many TCP connections through uv_listen, every byte comes back in order, then the end of the stream.
 */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <sys/socket.h>

enum { CLIENTS = 20, ROUNDS = 20, BIG = 300000 };

static uint16_t port;
static uv_async_t all_done;

static void clients(void *arg) {
    (void)arg;
    int fd[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        fd[i] = net_connect(port);
    uint64_t sent = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t size = 1 + round * 37;
        for (unsigned i = 0; i < CLIENTS; i++)
            net_send_pattern(fd[i], i, sent, size);
        for (unsigned i = 0; i < CLIENTS; i++)
            net_receive_pattern(fd[i], i, sent, size);
        sent += size;
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        net_send_pattern(fd[i], i, sent, BIG);
        CHECK_FD(shutdown(fd[i], SHUT_WR));
        net_receive_pattern(fd[i], i, sent, BIG);
        net_expect_end(fd[i]);
        net_close(fd[i]);
    }
    CHECK_UV(uv_async_send(&all_done));
}

static void stop(uv_async_t *async) {
    uv_stop(async->loop);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    port = uvl_listen(loop, &listener, uvl_accept_echo);
    CHECK_UV(uv_async_init(loop, &all_done, stop));
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, clients, NULL));
    uv_run(loop, UV_RUN_DEFAULT);
    CHECK_UV(uv_thread_join(&thread));
    uvl_end(loop);
    return check_passed();
}
