/* Many streams whose reading is stopped with much data waiting, as in a proxy with a slow target: whatever is kept for
 * them, other streams are served. Then everybody gets every byte. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <string.h>
#include <sys/resource.h>

enum { STOPPED = 200, SIZE = 160 * 1024 };

static struct reader {
    uv_tcp_t stream;
    uint64_t got;
    int peer, seed;
    bool stop;
} reader[STOPPED], other;

static void read_some(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    struct reader *me = (struct reader *)stream;
    CHECK(got >= 0);
    pattern_check((uint64_t)me->seed, me->got, buf->base, (size_t)got);
    me->got += (uint64_t)got;
    if (me->stop)
        CHECK_UV(uv_read_stop(stream));
}

static void open_reader(uv_loop_t *loop, struct reader *me, int seed) {
    me->seed = seed;
    me->peer = uvl_tcp(loop, &me->stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&me->stream, uvl_alloc, read_some));
    net_send_pattern(me->peer, (uint64_t)seed, 0, 1);
}

static void all_have(uv_loop_t *loop, uint64_t bytes) {
    for (int i = 0; i < STOPPED; i++)
        while (reader[i].got < bytes) /* or the deadline passes */
            uv_run(loop, UV_RUN_ONCE);
}

int main(void) {
    check_begin(20);
    struct rlimit limit;
    uv_loop_t loop;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 2000 ? limit.rlim_max : 2000;
    setrlimit(RLIMIT_NOFILE, &limit);
    CHECK_UV(uv_loop_init(&loop));
    open_reader(&loop, &other, 1000);
    for (int i = 0; i < STOPPED; i++)
        open_reader(&loop, &reader[i], i);
    all_have(&loop, 1);
    /* Stop at the second byte. */
    for (int i = 0; i < STOPPED; i++) {
        reader[i].stop = true;
        net_send_pattern(reader[i].peer, (uint64_t)i, 1, 1);
    }
    all_have(&loop, 2);
    for (int i = 0; i < STOPPED; i++)
        net_send_pattern(reader[i].peer, (uint64_t)i, 2, SIZE);
    uvl_run_for(&loop, 50);
    for (uint64_t i = 1; i <= 50; i++) {
        net_send_pattern(other.peer, 1000, i, 1);
        while (other.got < i + 1)
            uv_run(&loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < STOPPED; i++) {
        CHECK_INT(reader[i].got, 2);
        reader[i].stop = false;
        CHECK_UV(uv_read_start((uv_stream_t *)&reader[i].stream, uvl_alloc, read_some));
    }
    all_have(&loop, 2 + SIZE);
    for (int i = 0; i < STOPPED; i++)
        net_close(reader[i].peer);
    net_close(other.peer);
    uvl_end(&loop);
    return check_passed();
}
