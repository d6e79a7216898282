/* Thousands of uv_write calls without waiting: one byte out of order, doubled or lost shows, and so does a callback
 * that overtakes another. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { WRITES = 5000, LARGEST = 200, SEED = 11 };

struct write {
    uv_write_t request;
    unsigned number;
    char bytes[LARGEST];
};

static uv_tcp_t stream;
static unsigned written;
static bool all_written;
static uint64_t total;

static void wrote(uv_write_t *request, int status) {
    struct write *write = (struct write *)request;
    CHECK_UV(status);
    CHECK_INT(write->number, written);
    written++;
    all_written = written == WRITES;
    /* A buffer that is still in use after its callback would send these. */
    memset(write->bytes, 0xee, sizeof write->bytes);
    free(write);
}

static void reader(void *arg) {
    int fd = *(int *)arg;
    net_receive_pattern(fd, SEED, 0, total);
    net_expect_end(fd);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    int peer = uvl_tcp(loop, &stream);
    uint64_t random = SEED;
    for (unsigned i = 0; i < WRITES; i++) {
        struct write *write = malloc(sizeof *write);
        CHECK(write);
        size_t size = 1 + pattern_random(&random) % LARGEST, half = size / 2;
        pattern_fill(SEED, total, write->bytes, size);
        total += size;
        write->number = i;
        uv_buf_t parts[] = {uv_buf_init(write->bytes, (unsigned)half),
                            uv_buf_init(write->bytes + half, (unsigned)(size - half))};
        CHECK_UV(uv_write(&write->request, (uv_stream_t *)&stream, parts, 2, wrote));
        if (i % 1000 == 999)
            uv_run(loop, UV_RUN_NOWAIT);
    }
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, reader, &peer));
    uvl_run_until(loop, &all_written);
    uvl_end(loop);
    CHECK_UV(uv_thread_join(&thread));
    net_close(peer);
    return check_passed();
}
