/* Rings and their buffers are charged to RLIMIT_MEMLOCK, which is small or nothing for ordinary users: whatever of them
 * can be had, streams and listeners work. In children that give up what root may do. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { USERS_FROM = 100000, SIZE = 300000, CLIENTS = 3 };

static uint64_t received;
static bool all;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream;
    CHECK(got >= 0);
    pattern_check(1, received, buf->base, (size_t)got);
    received += (uint64_t)got;
    all = received == SIZE;
}

static void client_main(void *arg) {
    net_send_pattern(*(int *)arg, 1, 0, SIZE);
}

static void serve_clients(uv_loop_t *loop) {
    static uv_tcp_t listener; /* the loop closes it */
    uint16_t port = uvl_listen(loop, &listener, uvl_accept_echo);
    for (int i = 0; i < CLIENTS; i++) {
        int client = net_connect(port);
        net_send_text(client, "hello");
        uvl_run_for(loop, 5);
        net_expect_text(client, "hello");
        net_close(client);
        uvl_run_for(loop, 2);
    }
}

static _Noreturn void live_within(rlim_t bytes) {
    struct rlimit limit;
    uv_loop_t loop;
    uv_tcp_t stream;
    uv_thread_t sender;
    check_child(10);
    CHECK_FD(getrlimit(RLIMIT_MEMLOCK, &limit));
    if (bytes < limit.rlim_max)
        limit.rlim_max = bytes;
    limit.rlim_cur = limit.rlim_max;
    CHECK_FD(setrlimit(RLIMIT_MEMLOCK, &limit));
    uid_t user = USERS_FROM + (uid_t)getpid();
    if (geteuid() == 0)
        CHECK_FD(setresuid(user, user, user)); /* the limit is on what a user has locked in all processes */
    CHECK_UV(uv_loop_init(&loop));
    int peer = uvl_tcp(&loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    CHECK_UV(uv_thread_create(&sender, client_main, &peer));
    uvl_run_until(&loop, &all);
    CHECK_UV(uv_thread_join(&sender));
    serve_clients(&loop);
    uvl_close_loop(&loop);
    _exit(0);
}

int main(void) {
    check_begin(20);
    check_expect_any(); /* the loops run in children, on what there is */
    static const rlim_t limits[] = {0, 4096, 65536, 131072, 262144, 524288, 1 << 20};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        pid_t child = CHECK_FD(fork());
        if (child == 0)
            live_within(limits[i]);
        check_child_passed(child);
    }
    return check_passed();
}
