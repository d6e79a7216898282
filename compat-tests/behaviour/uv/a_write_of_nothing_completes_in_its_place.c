/* Zero-length buffers and requests between others: each callback comes once, in order, and no byte is sent twice. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>

enum { ROUNDS = 60, SIZE = 20000, SEED = 15 };

static unsigned done;
static uint64_t sent;

static void wrote(uv_write_t *request, int status) {
    CHECK_UV(status);
    CHECK_INT((uintptr_t)request->data, done);
    done++;
    free(request);
}

static void write_parts(uv_stream_t *stream, char *bytes, unsigned first, unsigned second) {
    static unsigned number;
    uv_write_t *request = malloc(sizeof *request);
    CHECK(request);
    request->data = (void *)(uintptr_t)number++;
    uv_buf_t parts[] = {uv_buf_init(bytes, first), uv_buf_init(bytes + first, second)};
    CHECK_UV(uv_write(request, stream, parts, second ? 2 : 1, wrote));
    sent += first + second;
}

static void reader(void *arg) {
    net_receive_pattern(*(int *)arg, SEED, 0, (uint64_t)ROUNDS * SIZE);
    net_expect_end(*(int *)arg);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    static char bytes[ROUNDS * SIZE];
    pattern_fill(SEED, 0, bytes, sizeof bytes);
    uv_tcp_t stream;
    int peer = uvl_tcp(loop, &stream);
    uv_os_fd_t ours;
    CHECK_UV(uv_fileno((uv_handle_t *)&stream, &ours));
    net_small_buffers(ours);
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, reader, &peer));
    for (int round = 0; round < ROUNDS; round++) {
        write_parts((uv_stream_t *)&stream, bytes + sent, 0, 0);
        write_parts((uv_stream_t *)&stream, bytes + sent, SIZE / 2, 0);
        write_parts((uv_stream_t *)&stream, bytes + sent, 0, 0);
        write_parts((uv_stream_t *)&stream, bytes + sent, 0, SIZE / 2);
        if (round % 7 == 0)
            uv_run(loop, UV_RUN_NOWAIT);
    }
    while (done < 4 * ROUNDS)
        CHECK(uv_run(loop, UV_RUN_ONCE) || done == 4 * ROUNDS);
    uvl_end(loop);
    CHECK_UV(uv_thread_join(&thread));
    net_close(peer);
    return check_passed();
}
