/* A stream is made blocking while a large write is on its way: the bytes that the kernel has taken by then were told to
 * nobody yet, and must not be written again; those that follow come behind them. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 9000000, SECOND = 100000, SEED = 77 };

static char first[FIRST], second[SECOND];
static unsigned written;
static bool read_some, all;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream, (void)buf;
    CHECK_UV((int)got);
    read_some = true;
}

static void on_written(uv_write_t *request, int status) {
    if (written++ == 0)
        memset(first, 0xee, FIRST);
    else
        memset(second, 0xee, SECOND);
    all = written == 2;
    uvl_write_done(request, status);
}

static void *receive(void *arg) {
    net_receive_pattern(*(int *)arg, SEED, 0, FIRST + SECOND);
    return arg;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t stream;
    pthread_t receiver;
    pattern_fill(SEED, 0, first, FIRST);
    pattern_fill(SEED, FIRST, second, SECOND);
    int peer = uvl_tcp(loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    net_send_text(peer, "so that the stream is known to be connected");
    uvl_run_until(loop, &read_some);
    uvl_write((uv_stream_t *)&stream, first, FIRST, on_written);
    uvl_run_for(loop, 5);
    CHECK_INT(written, 0);
    CHECK_UV(uv_read_stop((uv_stream_t *)&stream));
    CHECK_UV(uv_stream_set_blocking((uv_stream_t *)&stream, 1));
    uvl_write((uv_stream_t *)&stream, second, SECOND, on_written);
    CHECK_INT(pthread_create(&receiver, NULL, receive, &peer), 0);
    uvl_run_until(loop, &all);
    CHECK_INT(pthread_join(receiver, NULL), 0);
    CHECK_UV(uv_stream_set_blocking((uv_stream_t *)&stream, 0));
    uvl_end(loop);
    net_expect_end(peer);
    net_close(peer);
    return check_passed();
}
