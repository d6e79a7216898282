/* uv_try_write promises nothing about its buffer after it returns, and answers EAGAIN while writes are queued. Both
 * kinds of write on one stream, a slow reader behind it: the bytes arrive in the order of the calls. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <string.h>

enum { TOTAL = 3000000, LARGEST = 20000, SEED = 21 };

static uv_tcp_t stream;
static uint64_t sent;
static unsigned tried, queued, pending;
static uint64_t random_state = SEED;
static bool done;

static void more(void);

static void wrote(uv_write_t *request, int status) {
    CHECK_UV(status);
    free(request->data);
    free(request);
    pending--;
    more();
}

static void queue(size_t size) {
    char *bytes = malloc(size);
    uv_write_t *request = malloc(sizeof *request);
    CHECK(bytes && request);
    pattern_fill(SEED, sent, bytes, size);
    request->data = bytes;
    uv_buf_t buf = uv_buf_init(bytes, (unsigned)size);
    CHECK_UV(uv_write(request, (uv_stream_t *)&stream, &buf, 1, wrote));
    sent += size;
    queued++;
    pending++;
}

/* Tries directly until the socket is full, then queues a few writes; goes on when one of them is done. */
static void more(void) {
    char bytes[LARGEST];
    while (sent < TOTAL) {
        size_t size = 1 + pattern_random(&random_state) % LARGEST;
        pattern_fill(SEED, sent, bytes, size);
        uv_buf_t buf = uv_buf_init(bytes, (unsigned)size);
        int wrote_now = uv_try_write((uv_stream_t *)&stream, &buf, 1);
        memset(bytes, 0xdd, sizeof bytes);
        /* Of several queued writes that are done at once, the first callback comes when all have left the queue. */
        if (wrote_now > 0) {
            sent += (unsigned)wrote_now;
            tried++;
            continue;
        }
        CHECK_INT(wrote_now, UV_EAGAIN);
        if (pending < 3)
            queue(size);
        if (pending >= 3)
            return;
    }
    done = pending == 0;
}

static void slow_reader(void *arg) {
    int fd = *(int *)arg;
    check_sleep_ms(20);
    uint64_t total = 0;
    while (total < TOTAL) {
        net_receive_pattern(fd, SEED, total, 100000);
        total += 100000;
        if (total % 1000000 == 0)
            check_sleep_ms(10);
    }
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    int peer = uvl_tcp(loop, &stream);
    uv_os_fd_t ours;
    CHECK_UV(uv_fileno((uv_handle_t *)&stream, &ours));
    net_small_buffers(ours);
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, slow_reader, &peer));
    more();
    if (!done)
        uvl_run_until(loop, &done);
    CHECK_UV(uv_thread_join(&thread));
    CHECK_SAY(tried > 0 && queued > 0, "%u tried, %u queued: not a mix", tried, queued);
    uvl_end(loop);
    net_close(peer);
    return check_passed();
}
