/* Guards: a loop that is left to epoll for good, or that loses a descriptor or an event on the way to the ring. */
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "net.h"
#include "ringback.h"
#include "uv_loop.h"

static uv_loop_t loop;
static unsigned told, echoed;

static void on_pipe(uv_poll_t *watch, int status, int events) {
    char text[8];
    int fd;

    CHECK_UV(status);
    CHECK(events & UV_READABLE);
    CHECK_UV(uv_fileno((uv_handle_t *)watch, &fd));
    CHECK_INT(read(fd, text, sizeof text), 1);
    told++;
}

/* Once around, with the pipe's event. */
static void tell(int writer) {
    unsigned before = told;

    CHECK_INT(write(writer, "x", 1), 1);
    for (int i = 0; i < 200 && told == before; i++)
        uvl_run_for(&loop, 5);
    CHECK_INT(told, before + 1);
}

static int carrier(const char **why) {
    int epfd = -1;

    CHECK_INT(ringback_loops(&epfd, 1), 1);
    *why = ringback_why(epfd);
    return ringback_carrier(epfd);
}

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
    static char room[4096];

    (void)handle;
    (void)size;
    *buf = uv_buf_init(room, sizeof room);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    uv_buf_t back = uv_buf_init(buf->base, (unsigned)n);

    CHECK(n > 0);
    CHECK_INT(uv_try_write(stream, &back, 1), n);
    echoed += (unsigned)n;
}

static void talk(int peer) {
    for (int i = 0; i < 20; i++) {
        unsigned before = echoed;

        net_send_text(peer, "hello");
        for (int k = 0; k < 200 && echoed == before; k++)
            uvl_run_for(&loop, 5);
        net_expect_text(peer, "hello");
    }
}

int main(void) {
    int ends[2], ours, peer;
    uv_poll_t watch;
    uv_tcp_t stream;
    const char *why;

    check_begin(20);
    net_pipe(ends);
    net_tcp_pair(&ours, &peer);
    CHECK_UV(uv_loop_init(&loop));
    CHECK_UV(uv_poll_init(&loop, &watch, ends[0]));
    CHECK_UV(uv_poll_start(&watch, UV_READABLE, on_pipe));
    for (int i = 0; i < 10; i++)
        tell(ends[1]);
    CHECK_INT(carrier(&why), RINGBACK_CARRIER_EPOLL);
    CHECK(strstr(why, "bytes"));

    CHECK_UV(uv_tcp_init(&loop, &stream));
    CHECK_UV(uv_tcp_open(&stream, ours));
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, give_buffer, on_bytes));
    talk(peer);
    CHECK_INT(carrier(&why), RINGBACK_CARRIER_RING);
    CHECK_INT(strlen(why), 0);
    CHECK(ringback_counter("bytes_in") > 0);
    /* What epoll had it still has, and the ring watches it. */
    for (int i = 0; i < 10; i++)
        tell(ends[1]);
    talk(peer);

    CHECK_UV(uv_poll_stop(&watch));
    uv_close((uv_handle_t *)&watch, NULL);
    uv_close((uv_handle_t *)&stream, NULL);
    uvl_end(&loop);
    net_close(ends[0]);
    net_close(ends[1]);
    net_close(peer);
    return check_passed();
}
