/* Timers of 1 to 60 ms, alone and beside a busy stream: never early by the loop's own clock, on time in at least one of
 * several attempts (a busy machine makes single ones late), and repeating ones keep their count. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

enum { ATTEMPTS = 6, LATE_MS = 50 };

static double fired_ms;
static bool fired;
static unsigned repeats;

static void fire(uv_timer_t *timer) {
    (void)timer;
    fired_ms = check_now_ms();
    fired = true;
}

static void repeat(uv_timer_t *timer) {
    if (++repeats == 5) {
        uv_timer_stop(timer);
        fired = true;
    }
}

static double lateness(uv_loop_t *loop, unsigned ms) {
    uv_timer_t timer;
    CHECK_UV(uv_timer_init(loop, &timer));
    uv_update_time(loop);
    double start = check_now_ms();
    fired = false;
    CHECK_UV(uv_timer_start(&timer, fire, ms, 0));
    uvl_run_until(loop, &fired);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    /* libuv's clock has whole milliseconds, so a timer may fire up to one before ours. */
    CHECK_SAY(fired_ms - start > ms - 1.0, "%u ms took %.3f ms", ms, fired_ms - start);
    return fired_ms - start - ms;
}

static void each_length(uv_loop_t *loop) {
    static const unsigned lengths[] = {0, 1, 2, 7, 25, 60};
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        double best = 1e9;
        for (int attempt = 0; attempt < ATTEMPTS && best > 5; attempt++) {
            double late = lateness(loop, lengths[i]);
            best = late < best ? late : best;
        }
        CHECK_SAY(best < LATE_MS, "a timer of %u ms was %.1f ms late at best", lengths[i], best);
    }
}

static void ignore(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)stream, (void)buf;
    CHECK_UV((int)got);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    each_length(loop);
    uv_tcp_t stream;
    int peer = uvl_tcp(loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, ignore));
    net_send_text(peer, "something to read");
    each_length(loop);
    uv_timer_t timer;
    CHECK_UV(uv_timer_init(loop, &timer));
    fired = false;
    double start = check_now_ms();
    CHECK_UV(uv_timer_start(&timer, repeat, 4, 4));
    uvl_run_until(loop, &fired);
    CHECK(check_now_ms() - start > 4 * 5 - 2);
    uvl_end(loop);
    net_close(peer);
    return check_passed();
}
