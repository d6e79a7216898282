/* Stock libuv writes inside uv_write. A write that waits for the end of the turn must leave before anything by which
 * the peer, or the program, could tell: an end of the stream, another way to write, a cork, a number that changes
 * hands. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static uv_loop_t loop;
static uv_tcp_t *stream;
static int ours, peer;
static bool heard;

static void on_read(uv_stream_t *handle, ssize_t got, const uv_buf_t *buf) {
    (void)handle, (void)buf;
    heard = got > 0;
}

/* The outcome is looked at by the peer. */
static void wrote(uv_write_t *request, int status) {
    (void)status;
    free(request);
}

/* A stream that has read and written, and the first words, written in this turn. */
static void begin(void) {
    stream = malloc(sizeof *stream);
    CHECK(stream);
    peer = uvl_tcp(&loop, stream);
    CHECK_UV(uv_fileno((uv_handle_t *)stream, &ours));
    CHECK_UV(uv_tcp_nodelay(stream, 1)); /* nothing but us shall hold anything up */
    CHECK_UV(uv_read_start((uv_stream_t *)stream, uvl_alloc, on_read));
    for (int i = 0; i < 2; i++) {
        heard = false;
        net_send_text(peer, "ping");
        uvl_run_until(&loop, &heard);
        uvl_write((uv_stream_t *)stream, "pong", 4, wrote);
        uvl_run_for(&loop, 1);
        net_expect_text(peer, "pong");
    }
    uvl_write((uv_stream_t *)stream, "first ", 6, wrote);
}

static void end(void) {
    uv_close((uv_handle_t *)stream, uvl_free);
    uvl_run_for(&loop, 1);
    net_close(peer);
}

/* Something has arrived, by a look that is no reason to send anything. */
static bool arrived(int ms) {
    int waiting = 0;
    for (double start = check_now_ms(); waiting == 0 && check_now_ms() - start < ms; check_sleep_ms(1))
        CHECK_FD(ioctl(peer, FIONREAD, &waiting));
    return waiting > 0;
}

static void by_shutdown(void) {
    begin();
    CHECK_FD(shutdown(ours, SHUT_WR));
    net_expect_text(peer, "first ");
    net_expect_end(peer);
    end();
}

static void by_dup2(void) {
    int other, other_peer;
    begin();
    net_unix_pair(&other, &other_peer);
    CHECK_INT(dup2(other, ours), ours);
    net_expect_text(peer, "first ");
    net_expect_end(peer);
    CHECK_SAY(!net_readable(other_peer, 2), "the number's next owner has sent what was written before it");
    end();
    net_close(other);
    net_expect_end(other_peer);
    net_close(other_peer);
}

/* The handle is closed, and the next socket has its number before the turn is over. */
static void by_close_and_reuse(void) {
    int next, next_peer, number;
    begin();
    number = ours;
    net_unix_pair(&next, &next_peer);
    uv_close((uv_handle_t *)stream, uvl_free);
    CHECK_INT(fcntl(next, F_DUPFD_CLOEXEC, number), number);
    uvl_run_for(&loop, 2);
    net_expect_text(peer, "first ");
    net_expect_end(peer);
    CHECK_SAY(!net_readable(next_peer, 2), "the number's next owner has sent what was written before it");
    net_close(peer);
    net_close(number);
    net_close(next);
    net_expect_end(next_peer);
    net_close(next_peer);
}

/* Another way to write never overtakes; it may be told to wait. */
static void after_it(ssize_t (*another)(void)) {
    ssize_t sent;
    begin();
    while ((sent = another()) == -1) {
        CHECK_INT(errno, EAGAIN);
        uvl_run_for(&loop, 1);
    }
    CHECK_INT(sent, 6);
    net_expect_text(peer, "first second");
    end();
}

static ssize_t by_send(void) {
    return send(ours, "second", 6, 0);
}

static ssize_t by_sendmsg(void) {
    struct iovec part = {.iov_base = "second", .iov_len = 6};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    return sendmsg(ours, &message, 0);
}

static ssize_t by_sendmmsg(void) {
    struct iovec part = {.iov_base = "second", .iov_len = 6};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    int sent = sendmmsg(ours, &message, 1, 0);
    return sent == 1 ? (ssize_t)message.msg_len : sent;
}

static ssize_t by_sendfile(void) {
    char path[] = "/tmp/ringback-test-XXXXXX";
    int file = CHECK_FD(mkstemp(path));
    off_t offset = 0;
    CHECK_FD(unlink(path));
    CHECK_INT(write(file, "second", 6), 6);
    ssize_t sent = sendfile(ours, file, &offset, 6);
    int error = errno;
    net_close(file);
    errno = error;
    return sent;
}

static ssize_t by_splice(void) {
    int ends[2];
    CHECK_FD(pipe(ends));
    CHECK_INT(write(ends[1], "second", 6), 6);
    ssize_t sent = splice(ends[0], NULL, ours, NULL, 6, SPLICE_F_NONBLOCK);
    int error = errno;
    net_close(ends[0]);
    net_close(ends[1]);
    errno = error;
    return sent;
}

static void by_option(int name, int value) {
    enum { LESS_THAN_A_CORK_HOLDS_MS = 150 };
    begin();
    CHECK_FD(setsockopt(ours, IPPROTO_TCP, name, &value, sizeof value));
    CHECK_SAY(arrived(LESS_THAN_A_CORK_HOLDS_MS), "option %d held up what was written before it", name);
    net_expect_text(peer, "first ");
    end();
}

static void by_fork(void) {
    begin();
    pid_t child = CHECK_FD(fork());
    if (child == 0) {
        check_child(10);
        CHECK_SAY(arrived(2000), "the fork came first");
        _exit(0);
    }
    check_child_passed(child);
    uvl_run_for(&loop, 2);
    net_expect_text(peer, "first ");
    CHECK_SAY(!net_readable(peer, 2), "sent twice");
    end();
}

/* The program waits for the answer in the same turn. */
static void by_waiting(void) {
    begin();
    struct pollfd wait = {.fd = peer, .events = POLLIN};
    CHECK_INT(poll(&wait, 1, check_scaled(2000)), 1);
    net_expect_text(peer, "first ");
    end();
}

int main(void) {
    check_begin(10);
    CHECK_UV(uv_loop_init(&loop));
    by_shutdown();
    by_dup2();
    by_close_and_reuse();
    after_it(by_send);
    after_it(by_sendmsg);
    after_it(by_sendmmsg);
    after_it(by_sendfile);
    after_it(by_splice);
    by_option(TCP_CORK, 1);
    by_option(TCP_NODELAY, 1);
    by_fork();
    by_waiting();
    uvl_end(&loop);
    return check_passed();
}
