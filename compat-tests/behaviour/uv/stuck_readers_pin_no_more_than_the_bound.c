/* Forty peers that do not read are written 3 MiB each, and again when they have read, and closed with more on the way:
 * of all that, no more than 64 MiB is pinned at a time, and nothing in the end. What is beyond the bound is copied and
 * counted; all arrives. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STREAMS = 40, SIZE = 3 << 20, ROUNDS = 3, SEED = 61, PINNED_MOST = 64 << 20 };

static uv_tcp_t streams[STREAMS];
static int peers[STREAMS];
static char bytes[SIZE];
static unsigned known, written, closed;
static bool all_known, all_written, all_closed;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream, (void)buf;
    if (got > 0)
        all_known = ++known == STREAMS;
}

static void on_written(uv_write_t *request, int status) {
    all_written = ++written == STREAMS;
    uvl_write_done(request, status);
}

static void on_cut_off(uv_write_t *request, int status) {
    CHECK(status == 0 || status == UV_ECANCELED);
    free(request);
}

static void on_closed(uv_handle_t *handle) {
    (void)handle;
    all_closed = ++closed == STREAMS;
}

static void *receive(void *arg) {
    for (unsigned i = 0; i < STREAMS; i++)
        net_receive_pattern(peers[i], SEED, 0, SIZE);
    return arg;
}

/* What is left of a stream that was closed. */
static void *receive_rest(void *arg) {
    static char piece[65536];
    for (unsigned i = 0; i < STREAMS; i++) {
        uint64_t total = 0;
        for (ssize_t got; (got = read(peers[i], piece, sizeof piece)) != 0; total += (uint64_t)got) {
            CHECK_FD((int)got);
            pattern_check(SEED, total, piece, (size_t)got);
        }
        CHECK(total <= SIZE);
        net_close(peers[i]);
    }
    return arg;
}

static void write_to_all(uv_loop_t *loop, uv_write_cb done) {
    for (unsigned i = 0; i < STREAMS; i++)
        uvl_write((uv_stream_t *)&streams[i], bytes, SIZE, done);
    uvl_run_for(loop, 20);
    CHECK_SAY(check_counter("zc_pinned_bytes") <= PINNED_MOST, "too much is pinned");
}

static void begin(uv_loop_t *loop) {
    for (unsigned i = 0; i < STREAMS; i++) {
        peers[i] = uvl_tcp(loop, &streams[i]);
        CHECK_UV(uv_read_start((uv_stream_t *)&streams[i], uvl_alloc, on_read));
        net_send_text(peers[i], "!");
    }
    uvl_run_until(loop, &all_known);
}

static bool forced(void) {
    const char *setting = getenv("RINGBACK_ZEROCOPY");
    return check_has_ringback() && setting && strcmp(setting, "force") == 0;
}

int main(void) {
    check_begin(20);
    uv_loop_t *loop = uv_default_loop();
    pthread_t reader;
    pattern_fill(SEED, 0, bytes, SIZE);
    begin(loop);
    for (unsigned round = 0; round < ROUNDS; round++) {
        written = 0;
        all_written = false;
        write_to_all(loop, on_written);
        CHECK_INT(pthread_create(&reader, NULL, receive, NULL), 0);
        uvl_run_until(loop, &all_written);
        CHECK_INT(pthread_join(reader, NULL), 0);
    }
    write_to_all(loop, on_cut_off);
    for (unsigned i = 0; i < STREAMS; i++)
        uv_close((uv_handle_t *)&streams[i], on_closed);
    CHECK_INT(pthread_create(&reader, NULL, receive_rest, NULL), 0);
    uvl_run_until(loop, &all_closed);
    CHECK_INT(pthread_join(reader, NULL), 0);
    CHECK(check_counter("zc_pinned_bytes_peak") <= PINNED_MOST);
    CHECK_INT(check_counter("zc_pinned_bytes"), 0);
    if (forced()) {
        CHECK(check_counter("sends_zc") > 0);
        CHECK_SAY(check_counter("zc_pinned") > 0, "the bound was never met");
    }
    uvl_end(loop);
    return check_passed();
}
