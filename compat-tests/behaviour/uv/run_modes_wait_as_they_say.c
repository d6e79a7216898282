/* UV_RUN_DEFAULT ends when nothing is left, UV_RUN_ONCE waits for one event, UV_RUN_NOWAIT never waits; each says
 * whether more is to come. prepare, poll and check come in this order in every turn. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <string.h>

static uv_tcp_t stream;
static char order[64];

static void on_prepare(uv_prepare_t *handle) {
    (void)handle;
    strcat(order, "p");
}

static void on_check(uv_check_t *handle) {
    (void)handle;
    strcat(order, "c");
}

static void on_read(uv_stream_t *from, ssize_t got, const uv_buf_t *buf) {
    (void)from, (void)buf;
    CHECK_UV((int)got);
    strcat(order, "r");
}

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    strcat(order, "t");
}

static void send_later(void *arg) {
    check_sleep_ms(20);
    net_send_text(*(int *)arg, "x");
}

static void once_waits(uv_loop_t *loop, int *peer) {
    uv_thread_t thread;
    order[0] = '\0';
    double start = check_now_ms();
    CHECK_UV(uv_thread_create(&thread, send_later, peer));
    CHECK(uv_run(loop, UV_RUN_ONCE) != 0);
    CHECK(check_now_ms() - start >= 19);
    CHECK_SAY(strcmp(order, "prc") == 0, "order %s", order);
    CHECK_UV(uv_thread_join(&thread));
}

static void nowait_does_not(uv_loop_t *loop, int peer) {
    order[0] = '\0';
    double start = check_now_ms();
    for (int i = 0; i < 5; i++)
        CHECK(uv_run(loop, UV_RUN_NOWAIT) != 0);
    CHECK(check_now_ms() - start < 1000);
    CHECK_SAY(strcmp(order, "pcpcpcpcpc") == 0, "order %s", order);
    /* Data that are there are found without waiting, perhaps not in the very first turn of a ring. */
    net_send_text(peer, "y");
    order[0] = '\0';
    for (int i = 0; i < 10 && !strchr(order, 'r'); i++)
        CHECK(uv_run(loop, UV_RUN_NOWAIT) != 0);
    CHECK_SAY(strncmp(order, "prc", 3) == 0, "data at hand, but the order is %s", order);
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    CHECK_INT(uv_run(loop, UV_RUN_DEFAULT), 0);
    CHECK_INT(uv_run(loop, UV_RUN_ONCE), 0);
    CHECK_INT(uv_run(loop, UV_RUN_NOWAIT), 0);
    uv_prepare_t prepare;
    uv_check_t check;
    CHECK_UV(uv_prepare_init(loop, &prepare));
    CHECK_UV(uv_prepare_start(&prepare, on_prepare));
    CHECK_UV(uv_check_init(loop, &check));
    CHECK_UV(uv_check_start(&check, on_check));
    int peer = uvl_tcp(loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    for (int i = 0; i < 3; i++) {
        once_waits(loop, &peer);
        nowait_does_not(loop, peer);
    }
    uv_unref((uv_handle_t *)&stream);
    uv_unref((uv_handle_t *)&prepare);
    uv_unref((uv_handle_t *)&check);
    uv_timer_t timer;
    CHECK_UV(uv_timer_init(loop, &timer));
    CHECK_UV(uv_timer_start(&timer, on_timer, 5, 0));
    order[0] = '\0';
    CHECK_INT(uv_run(loop, UV_RUN_DEFAULT), 0);
    CHECK_SAY(strchr(order, 't'), "the loop ended before its timer");
    uvl_end(loop);
    net_close(peer);
    return check_passed();
}
