/* Programs tell a slow peer from a dead one by uv_stream_get_write_queue_size(): it falls with every part of a write
 * that is taken, not only with the whole (Node's socket timeouts go by it). */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* The socket has room for 2 KiB at a time, which the peer takes in 90 ms; all of it, in 1,280. */
enum { LIMIT_MS = 600, ROOM = 2048, PART = 256, EVERY_MS = 10, SIZE = 32768, SEED = 5 };

static uv_pipe_t stream;
static bool heard, done;

static void on_read(uv_stream_t *from, ssize_t n, const uv_buf_t *buf) {
    (void)from, (void)buf;
    heard = n == 1;
}

static void wrote(uv_write_t *request, int status) {
    CHECK_UV(status);
    free(request);
    done = true;
}

static void take_slowly(uv_loop_t *loop, int peer) {
    size_t waiting = SIZE + 1;
    double since = check_now_ms();
    char part[PART];
    ssize_t n;

    for (size_t total = 0; total < SIZE; total += (size_t)(n > 0 ? n : 0)) {
        uvl_run_for(loop, EVERY_MS);
        size_t now = uv_stream_get_write_queue_size((uv_stream_t *)&stream);
        CHECK(now <= waiting);
        if (now < waiting || now == 0)
            since = check_now_ms();
        CHECK_SAY(check_now_ms() - since < check_scaled(LIMIT_MS), "%zu bytes wait, and it has been so for %d ms", now,
                  LIMIT_MS);
        waiting = now;
        n = recv(peer, part, sizeof part, MSG_DONTWAIT);
        if (n < 0)
            CHECK_INT(errno, EAGAIN);
        else
            pattern_check(SEED, total, part, (size_t)n);
    }
}

int main(void) {
    check_begin(20);
    static char bytes[SIZE];
    int peer, room = ROOM, fd;
    uv_loop_t loop;

    CHECK_UV(uv_loop_init(&loop));
    peer = uvl_pipe(&loop, &stream);
    CHECK_UV(uv_fileno((uv_handle_t *)&stream, &fd));
    CHECK_FD(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    net_send_text(peer, "x"); /* what has read once may be the ring's */
    uvl_run_until(&loop, &heard);
    pattern_fill(SEED, 0, bytes, SIZE);
    uvl_write((uv_stream_t *)&stream, bytes, SIZE, wrote);
    take_slowly(&loop, peer);
    uvl_run_until(&loop, &done);
    net_close(peer);
    uvl_end(&loop);
    return check_passed();
}
