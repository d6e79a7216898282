/* A program waits for more of a message by poll(2) and by select(2) in the middle of a callback: they end when the
 * bytes arrive, not when their time is up. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/select.h>

static uv_loop_t loop;
static uv_tcp_t stream;
static int peer, bytes;
static bool wait_inside;

static void *send_later(void *arg) {
    check_sleep_ms(30);
    net_send_text(peer, "yz");
    return arg;
}

static void wait_for_more(void) {
    pthread_t sender;
    uv_os_fd_t fd;
    CHECK_UV(uv_fileno((uv_handle_t *)&stream, &fd));
    CHECK_INT(pthread_create(&sender, NULL, send_later, NULL), 0);
    CHECK_SAY(net_readable(fd, check_scaled(2000)), "poll() did not see the bytes");
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    struct timeval limit = {1, 0};
    CHECK_INT(select(fd + 1, &set, NULL, NULL, &limit), 1);
    CHECK_INT(pthread_join(sender, NULL), 0);
}

static void got_some(uv_stream_t *handle, ssize_t got, const uv_buf_t *buf) {
    (void)handle;
    (void)buf;
    CHECK(got >= 0);
    bytes += (int)got;
    if (wait_inside && got > 0) {
        wait_inside = false;
        wait_for_more();
    }
}

int main(void) {
    check_begin(10);
    CHECK_UV(uv_loop_init(&loop));
    peer = uvl_tcp(&loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, got_some));
    int sent = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            net_send_text(peer, "x");
            sent++;
            uvl_run_for(&loop, 5);
            CHECK_INT(bytes, sent);
        }
        wait_inside = true;
        net_send_text(peer, "x");
        sent += 3;
        uvl_run_for(&loop, 60);
        CHECK_INT(bytes, sent);
    }
    net_close(peer);
    uvl_end(&loop);
    return check_passed();
}
