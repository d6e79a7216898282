/* uv_async_send from other threads: the last one is never lost, each wakes a loop that has nothing else to do. */
#include "check.h"
#include "uv_loop.h"

#include <stdatomic.h>

enum { ROUNDS = 2000, SENDERS = 3, SENDS = 5000 };

static uv_async_t ping, sent[SENDERS];
static uv_sem_t pong;
static unsigned pings;
static atomic_uint sends[SENDERS];
static unsigned seen[SENDERS];

static void on_ping(uv_async_t *async) {
    pings++;
    if (pings == ROUNDS)
        uv_stop(async->loop);
    uv_sem_post(&pong);
}

static void ping_pong(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_UV(uv_async_send(&ping));
        uv_sem_wait(&pong);
    }
}

static void on_sent(uv_async_t *async) {
    unsigned number = (unsigned)(async - sent), done = 0;
    seen[number] = atomic_load(&sends[number]);
    for (unsigned i = 0; i < SENDERS; i++)
        done += seen[i] == SENDS;
    if (done == SENDERS)
        uv_stop(async->loop);
}

static void send_many(void *arg) {
    uv_async_t *async = arg;
    for (int i = 0; i < SENDS; i++) {
        atomic_fetch_add(&sends[async - sent], 1);
        CHECK_UV(uv_async_send(async));
    }
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_thread_t thread[SENDERS];
    CHECK_UV(uv_sem_init(&pong, 0));
    CHECK_UV(uv_async_init(loop, &ping, on_ping));
    CHECK_UV(uv_thread_create(&thread[0], ping_pong, NULL));
    uv_run(loop, UV_RUN_DEFAULT);
    CHECK_UV(uv_thread_join(&thread[0]));
    CHECK_INT(pings, ROUNDS);
    for (int i = 0; i < SENDERS; i++) {
        CHECK_UV(uv_async_init(loop, &sent[i], on_sent));
        CHECK_UV(uv_thread_create(&thread[i], send_many, &sent[i]));
    }
    uv_run(loop, UV_RUN_DEFAULT);
    for (int i = 0; i < SENDERS; i++)
        CHECK_UV(uv_thread_join(&thread[i]));
    uv_sem_destroy(&pong);
    uvl_end(loop);
    return check_passed();
}
