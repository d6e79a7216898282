/* uv_close while writes are queued: each callback comes once with ECANCELED, before the close callback; the peer sees a
 * true beginning of the stream and its end; nothing touches the buffers afterwards. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITES = 3, SIZE = 2000000, SEED = 41 };

static unsigned cancelled;
static bool closed;
static char bytes[WRITES][SIZE];

static void wrote(uv_write_t *request, int status) {
    CHECK_INT(status, UV_ECANCELED);
    CHECK(!closed);
    memset(bytes[cancelled], 0xcc, SIZE);
    cancelled++;
    free(request);
}

static void on_close(uv_handle_t *handle) {
    (void)handle;
    closed = true;
}

static void expect_beginning_and_end(int fd) {
    static char piece[65536];
    uint64_t total = 0;
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        CHECK_FD((int)got);
        if (got == 0)
            break;
        pattern_check(SEED, total, piece, (size_t)got);
        total += (uint64_t)got;
    }
    CHECK_SAY(total > 0 && total < (uint64_t)WRITES * SIZE, "%llu bytes arrived", (unsigned long long)total);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t stream;
    int peer = uvl_tcp(loop, &stream);
    uv_os_fd_t ours;
    CHECK_UV(uv_fileno((uv_handle_t *)&stream, &ours));
    net_small_buffers(ours);
    net_small_buffers(peer);
    for (unsigned i = 0; i < WRITES; i++) {
        pattern_fill(SEED, (uint64_t)i * SIZE, bytes[i], SIZE);
        uvl_write((uv_stream_t *)&stream, bytes[i], SIZE, wrote);
    }
    uvl_run_for(loop, 20);
    CHECK_INT(cancelled, 0);
    uv_close((uv_handle_t *)&stream, on_close);
    uvl_run_until(loop, &closed);
    CHECK_INT(cancelled, WRITES);
    expect_beginning_and_end(peer);
    net_close(peer);
    uvl_end(loop);
    return check_passed();
}
