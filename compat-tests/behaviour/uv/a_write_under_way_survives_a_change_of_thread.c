/* A loop is run by one thread, then by another, then by a third, while a large write waits for its slow peer: no byte
 * is lost or doubled, and the callback says success. (A ring belongs to one thread: what the first one sent must be
 * known before the next one makes a ring of its own.) */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SIZE = 6 << 20, FIRST = 4096, SEED = 5, THREADS = 3 };

static uv_loop_t loop;
static bool read_some, written;
static atomic_bool over;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream, (void)buf;
    CHECK_UV((int)got);
    read_some = true;
}

static void on_written(uv_write_t *request, int status) {
    written = true;
    uvl_write_done(request, status);
}

static void *run_a_little(void *arg) {
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    return arg;
}

static void *run_to_the_end(void *arg) {
    uvl_run_until(&loop, &written);
    return arg;
}

static void in_a_thread(void *(*body)(void *)) {
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, body, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

static void *receive(void *arg) {
    net_receive_pattern(*(int *)arg, SEED, FIRST, SIZE - FIRST);
    return arg;
}

/* Another thread stays alive, so that the process counts as threaded all along. */
static void *idle(void *arg) {
    while (!atomic_load(&over))
        check_sleep_ms(1);
    return arg;
}

int main(void) {
    check_begin(10);
    char *bytes = malloc(SIZE);
    CHECK(bytes);
    pattern_fill(SEED, 0, bytes, SIZE);
    uv_tcp_t stream;
    CHECK_UV(uv_loop_init(&loop));
    int peer = uvl_tcp(&loop, &stream);
    pthread_t idler, receiver;
    CHECK_INT(pthread_create(&idler, NULL, idle, NULL), 0);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    net_send_text(peer, "so that the stream is known to be connected");
    uvl_run_until(&loop, &read_some);
    uvl_write((uv_stream_t *)&stream, bytes, SIZE, on_written);
    for (int i = 0; i < THREADS; i++)
        in_a_thread(run_a_little);
    net_receive_pattern(peer, SEED, 0, FIRST);
    in_a_thread(run_a_little);
    CHECK_INT(pthread_create(&receiver, NULL, receive, &peer), 0);
    in_a_thread(run_to_the_end);
    atomic_store(&over, true);
    CHECK_INT(pthread_join(receiver, NULL), 0);
    CHECK_INT(pthread_join(idler, NULL), 0);
    uvl_end(&loop);
    net_close(peer);
    free(bytes);
    return check_passed();
}
