/* A program that embeds libuv polls uv_backend_fd() with uv_backend_timeout() and runs UV_RUN_NOWAIT: the descriptor
 * must become readable when there is something to do, both for a loop that has never waited by itself and for one whose
 * streams were already served in uv_run. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <poll.h>
#include <sys/socket.h>

enum { ROUNDS = 20, SIZE = 1500, SEED = 3 };

static uint64_t received;
static bool by_itself, fired;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    CHECK_UV((int)got);
    pattern_check(SEED, received, buf->base, (size_t)got);
    received += (size_t)got;
    by_itself = true;
    uvl_write(stream, "ok", 2, uvl_write_done);
}

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    fired = true;
}

/* The embedder's turn: wait outside, then let libuv look. */
static void turn(uv_loop_t *loop) {
    struct pollfd wait = {.fd = uv_backend_fd(loop), .events = POLLIN};
    int timeout_ms = uv_backend_timeout(loop);
    if (timeout_ms < 0 || timeout_ms > 2000)
        timeout_ms = 2000;
    CHECK_FD(poll(&wait, 1, timeout_ms));
    uv_run(loop, UV_RUN_NOWAIT);
}

static void embedded(uv_loop_t *loop, int peer) {
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t target = received + SIZE;
        net_send_pattern(peer, SEED, received, SIZE);
        double start = check_now_ms();
        while (received < target)
            turn(loop);
        CHECK_SAY(check_now_ms() - start < 1500, "the backend descriptor did not become readable");
        while (!net_readable(peer, 0))
            turn(loop);
        char answer[64];
        CHECK(recv(peer, answer, sizeof answer, 0) >= 2);
    }
    uv_timer_t timer;
    fired = false;
    CHECK_UV(uv_timer_init(loop, &timer));
    CHECK_UV(uv_timer_start(&timer, on_timer, 10, 0));
    while (!fired)
        turn(loop);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}

/* What is there when the descriptor is first asked for makes it readable, whatever libuv's timeout says. */
static void readable_at_once(uv_loop_t *loop, int peer) {
    uint64_t target = received + SIZE;
    net_send_pattern(peer, SEED, received, SIZE);
    check_sleep_ms(10);
    CHECK_SAY(net_readable(uv_backend_fd(loop), 1000), "the backend descriptor is not readable");
    while (received < target)
        turn(loop);
    net_expect_text(peer, "ok");
}

static void inside_an_epoll(uv_loop_t *loop, int peer) {
    int outer = epl_create();
    epl_add(outer, uv_backend_fd(loop), EPOLLIN);
    for (int i = 0; i < 3; i++) {
        uint64_t target = received + SIZE;
        net_send_pattern(peer, SEED, received, SIZE);
        while (received < target) {
            EPL_EXPECT(outer, uv_backend_fd(loop), EPOLLIN);
            uv_run(loop, UV_RUN_NOWAIT);
        }
    }
    net_close(outer);
}

int main(void) {
    check_begin(10);
    /* Left to epoll by design once somebody else polls the descriptor. */
    check_expect_any();
    for (int run_first = 0; run_first < 2; run_first++) {
        uv_loop_t loop;
        uv_tcp_t stream;
        CHECK_UV(uv_loop_init(&loop));
        int peer = uvl_tcp(&loop, &stream);
        received = 0;
        CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
        for (int i = 0; run_first && i < 3; i++) {
            by_itself = false;
            net_send_pattern(peer, SEED, received, 100);
            uvl_run_until(&loop, &by_itself);
            net_expect_text(peer, "ok");
        }
        if (run_first)
            readable_at_once(&loop, peer);
        embedded(&loop, peer);
        inside_an_epoll(&loop, peer);
        uvl_close_loop(&loop);
        net_close(peer);
    }
    uv_library_shutdown();
    return check_passed();
}
