/* shutdown() with a SEND in flight truncates: uv_shutdown must come after every queued byte, and the connection stays
 * half open: what the peer still sends is received. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <string.h>

enum { WRITES = 4, SIZE = 700000, SEED = 31, ANSWER = 100000 };

static uv_tcp_t stream;
static unsigned written;
static uint64_t answered;
static bool shut, ended;
static char bytes[WRITES][SIZE];

static void wrote(uv_write_t *request, int status) {
    memset(bytes[written], 0, SIZE);
    written++;
    uvl_write_done(request, status);
}

static void shut_down(uv_shutdown_t *request, int status) {
    (void)request;
    CHECK_UV(status);
    CHECK_INT(written, WRITES);
    shut = true;
}

static void answer(uv_stream_t *from, ssize_t got, const uv_buf_t *buf) {
    (void)from;
    if (got == UV_EOF) {
        ended = true;
        return;
    }
    CHECK_UV((int)got);
    pattern_check(SEED + 1, answered, buf->base, (size_t)got);
    answered += (size_t)got;
}

static void peer_main(void *arg) {
    int fd = *(int *)arg;
    net_receive_pattern(fd, SEED, 0, (uint64_t)WRITES * SIZE);
    net_expect_end(fd);
    net_send_pattern(fd, SEED + 1, 0, ANSWER);
    net_close(fd);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    int peer = uvl_tcp(loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, answer));
    for (unsigned i = 0; i < WRITES; i++) {
        pattern_fill(SEED, (uint64_t)i * SIZE, bytes[i], SIZE);
        uvl_write((uv_stream_t *)&stream, bytes[i], SIZE, wrote);
    }
    uv_shutdown_t request;
    CHECK_UV(uv_shutdown(&request, (uv_stream_t *)&stream, shut_down));
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, peer_main, &peer));
    uvl_run_until(loop, &ended);
    CHECK(shut);
    CHECK_INT(answered, ANSWER);
    CHECK_UV(uv_thread_join(&thread));
    uvl_end(loop);
    return check_passed();
}
