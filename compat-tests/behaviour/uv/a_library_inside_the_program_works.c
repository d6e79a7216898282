/* libuv may be part of the program, as it is of Node's own builds: no uv_ function is hooked then, and all that is seen
 * are the calls to libc. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <sys/socket.h>

enum { CLIENTS = 8, ROUNDS = 20, SIZE = 3000, BIG = 300000 };

static uint16_t port;
static uv_async_t all_done;
static uv_sem_t done;

static void converse(void *arg) {
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    int fd = net_connect(port);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        net_send_pattern(fd, seed, round * SIZE, SIZE);
        net_receive_pattern(fd, seed, round * SIZE, SIZE);
    }
    net_send_pattern(fd, seed, 0, BIG);
    CHECK_FD(shutdown(fd, SHUT_WR));
    net_receive_pattern(fd, seed, 0, BIG);
    net_expect_end(fd);
    net_close(fd);
    uv_sem_post(&done);
    uv_async_send(&all_done);
}

static void on_done(uv_async_t *handle) {
    static int count;
    while (uv_sem_trywait(&done) == 0)
        count++;
    if (count == CLIENTS)
        uv_stop(handle->loop);
}

int main(void) {
    check_begin(10);
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_thread_t thread[CLIENTS];
    CHECK_UV(uv_loop_init(&loop));
    CHECK_UV(uv_sem_init(&done, 0));
    CHECK_UV(uv_async_init(&loop, &all_done, on_done));
    port = uvl_listen(&loop, &listener, uvl_accept_echo);
    for (uintptr_t i = 0; i < CLIENTS; i++)
        CHECK_UV(uv_thread_create(&thread[i], converse, (void *)i));
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < CLIENTS; i++)
        CHECK_UV(uv_thread_join(&thread[i]));
    uv_sem_destroy(&done);
    uvl_end(&loop);
    return check_passed();
}
