/* A receive that finds no free buffer ends with that, and not with what it came for: the end of the stream, or a reset.
 * Hundreds of stopped streams keep all buffers; then others end, with and without last bytes. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { STOPPED = 200, SIZE = 160 * 1024 };
enum ending { BY_FIN, BY_FIN_AFTER_BYTES, BY_RESET, ENDINGS };

static struct reader {
    uv_tcp_t stream;
    uint64_t got;
    int peer, end;
    bool stop;
} keeper[STOPPED], other[ENDINGS];

static void read_some(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    struct reader *me = (struct reader *)stream;
    if (got < 0) {
        CHECK_INT(me->end, 0);
        me->end = (int)got;
        uv_read_stop(stream);
        return;
    }
    pattern_check(1, me->got, buf->base, (size_t)got);
    me->got += (uint64_t)got;
    if (me->stop)
        CHECK_UV(uv_read_stop(stream));
}

static void open_reader(uv_loop_t *loop, struct reader *me) {
    me->peer = uvl_tcp(loop, &me->stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&me->stream, uvl_alloc, read_some));
    net_send_pattern(me->peer, 1, 0, 1);
}

static void take_all_buffers(uv_loop_t *loop) {
    for (int i = 0; i < STOPPED; i++)
        open_reader(loop, &keeper[i]);
    uvl_run_for(loop, 20);
    /* Stop at the second byte. */
    for (int i = 0; i < STOPPED; i++) {
        keeper[i].stop = true;
        net_send_pattern(keeper[i].peer, 1, 1, 1);
    }
    uvl_run_for(loop, 20);
    /* One after the other, so that each takes what a drain takes. */
    for (int i = 0; i < STOPPED; i++) {
        net_send_pattern(keeper[i].peer, 1, 2, SIZE);
        for (int turn = 0; turn < 3; turn++)
            uv_run(loop, UV_RUN_NOWAIT);
    }
    uvl_run_for(loop, 20);
}

static void end(uv_loop_t *loop, struct reader *me, enum ending ending) {
    uint64_t before = check_counter("recv_nobufs");
    if (ending == BY_FIN_AFTER_BYTES)
        net_send_pattern(me->peer, 1, 1, 500);
    if (ending == BY_RESET)
        net_reset(me->peer);
    else
        net_close(me->peer);
    while (me->end == 0) /* or the deadline passes */
        uv_run(loop, UV_RUN_ONCE);
    CHECK_INT(me->end, ending == BY_RESET ? UV_ECONNRESET : UV_EOF);
    CHECK_INT(me->got, ending == BY_FIN_AFTER_BYTES ? 501 : 1);
    CHECK_SAY(check_counter("recvs") == 0 || check_counter("recv_nobufs") > before, "there was a buffer free");
}

int main(void) {
    check_begin(10);
    struct rlimit limit;
    uv_loop_t loop;
    CHECK_FD(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max < 2000 ? limit.rlim_max : 2000;
    CHECK_FD(setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_UV(uv_loop_init(&loop));
    for (enum ending ending = 0; ending < ENDINGS; ending++)
        open_reader(&loop, &other[ending]);
    take_all_buffers(&loop);
    for (enum ending ending = 0; ending < ENDINGS; ending++)
        end(&loop, &other[ending], ending);
    for (int i = 0; i < STOPPED; i++) {
        CHECK_INT(keeper[i].got, 2);
        net_close(keeper[i].peer);
    }
    uvl_end(&loop);
    return check_passed();
}
