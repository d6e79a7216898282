/* Receiving ahead must have an end: a peer that floods a connection whose program does not read is stopped by the full
 * buffers, as it is by the kernel, and gets on when reading starts. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <errno.h>
#include <sys/socket.h>

enum { FIRST = 100, PIECE = 65536, MOST = 24 << 20, SEED = 77 };

static uint64_t received;
static bool started;

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream;
    CHECK_UV((int)got);
    pattern_check(SEED, received, buf->base, (size_t)got);
    received += (size_t)got;
    started = received >= FIRST;
}

/* Sends until the peer's buffers are full although the loop has had its turns. Returns the bytes sent so far. */
static uint64_t flood(uv_loop_t *loop, int peer, uint64_t sent) {
    static char piece[PIECE];
    for (int full = 0; full < 5;) {
        pattern_fill(SEED, sent, piece, PIECE);
        ssize_t now = send(peer, piece, PIECE, MSG_NOSIGNAL);
        if (now == -1) {
            CHECK_INT(errno, EAGAIN);
            full++;
            uvl_run_for(loop, 3);
            continue;
        }
        sent += (uint64_t)now;
        full = 0;
        CHECK_SAY(sent < MOST, "%llu bytes went in although nobody reads", (unsigned long long)sent);
        uv_run(loop, UV_RUN_NOWAIT);
    }
    return sent;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t stream;
    int peer = uvl_tcp(loop, &stream);
    net_nonblocking(peer);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    net_send_pattern(peer, SEED, 0, FIRST);
    uvl_run_until(loop, &started);
    CHECK_UV(uv_read_stop((uv_stream_t *)&stream));
    uint64_t sent = flood(loop, peer, FIRST);
    CHECK_INT(received, FIRST);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    while (received < sent)
        uv_run(loop, UV_RUN_ONCE);
    uvl_end(loop);
    net_close(peer);
    return check_passed();
}
