/* One loop a thread, all echoing at once; and a loop that is made in one thread and run in another, then in a third. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 300, SIZE = 700 };

struct conversation {
    uv_loop_t loop;
    uv_tcp_t *stream;
    int peer;
    uint64_t seed, sent;
};

static void begin(struct conversation *talk, uint64_t seed) {
    talk->seed = seed;
    talk->sent = 0;
    talk->stream = malloc(sizeof *talk->stream);
    CHECK(talk->stream);
    CHECK_UV(uv_loop_init(&talk->loop));
    talk->peer = uvl_tcp(&talk->loop, talk->stream);
    uvl_echo((uv_stream_t *)talk->stream);
}

static void go_on(void *arg) {
    struct conversation *talk = arg;
    for (int i = 0; i < ROUNDS; i++) {
        net_send_pattern(talk->peer, talk->seed, talk->sent, SIZE);
        uv_run(&talk->loop, UV_RUN_ONCE);
        while (!net_readable(talk->peer, 1)) /* an answer may be under way, and then nothing wakes the loop */
            uv_run(&talk->loop, UV_RUN_NOWAIT);
        net_receive_pattern(talk->peer, talk->seed, talk->sent, SIZE);
        talk->sent += SIZE;
    }
}

static void end(struct conversation *talk) {
    uvl_close_loop(&talk->loop);
    net_expect_end(talk->peer);
    net_close(talk->peer);
}

static void whole(void *arg) {
    struct conversation *talk = arg;
    begin(talk, (uint64_t)(uintptr_t)arg);
    go_on(talk);
    end(talk);
}

int main(void) {
    check_begin(10);
    uv_thread_t thread[THREADS];
    static struct conversation talk[THREADS], wandering;
    for (int i = 0; i < THREADS; i++)
        CHECK_UV(uv_thread_create(&thread[i], whole, &talk[i]));
    for (int i = 0; i < THREADS; i++)
        CHECK_UV(uv_thread_join(&thread[i]));

    begin(&wandering, 9);
    for (int i = 0; i < 3; i++) {
        CHECK_UV(uv_thread_create(&thread[0], go_on, &wandering));
        CHECK_UV(uv_thread_join(&thread[0]));
    }
    go_on(&wandering);
    end(&wandering);
    uv_library_shutdown();
    return check_passed();
}
