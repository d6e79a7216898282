/* A large write leaves without a copy only from a TCP stream's memory that stays. A local socket, a datagram and a
 * write that is tried at once are copied: nothing of them is lost, and with zero-copy asked for, each is counted. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SIZE = 60000, ROUNDS = 20, SEED = 78 };

static char bytes[SIZE];
static unsigned written;
static bool all;

static void on_written(uv_write_t *request, int status) {
    all = ++written == ROUNDS;
    uvl_write_done(request, status);
}

static void *receive(void *arg) {
    for (unsigned i = 0; i < ROUNDS; i++)
        net_receive_pattern(*(int *)arg, SEED, 0, SIZE);
    return arg;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    (void)buf;
    CHECK_UV((int)got);
    CHECK_UV(uv_read_stop(stream));
}

static void write_to_a_local_socket(uv_loop_t *loop) {
    uv_pipe_t stream;
    pthread_t receiver;
    int peer = uvl_pipe(loop, &stream);
    CHECK_UV(uv_read_start((uv_stream_t *)&stream, uvl_alloc, on_read));
    net_send_text(peer, "known to be connected");
    uvl_run_for(loop, 2);
    CHECK_INT(pthread_create(&receiver, NULL, receive, &peer), 0);
    for (unsigned i = 0; i < ROUNDS; i++)
        uvl_write((uv_stream_t *)&stream, bytes, SIZE, on_written);
    uvl_run_until(loop, &all);
    CHECK_INT(pthread_join(receiver, NULL), 0);
    uv_close((uv_handle_t *)&stream, NULL);
    uvl_run_for(loop, 1);
    net_close(peer);
}

static void on_sent(uv_udp_send_t *request, int status) {
    CHECK_UV(status);
    all = ++written == ROUNDS;
    free(request);
}

static void on_datagram(uv_udp_t *socket, ssize_t got, const uv_buf_t *buf, const struct sockaddr *from,
                        unsigned flags) {
    (void)socket, (void)buf, (void)from, (void)flags;
    CHECK_INT(got, 0);
}

static void send_datagrams(uv_loop_t *loop) {
    static char back[SIZE + 1];
    struct sockaddr_in address = net_address(0), any = address;
    socklen_t length = sizeof address;
    int peer = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), room = ROUNDS * 2 * SIZE;
    uv_udp_t socket;
    CHECK_FD(setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof room));
    CHECK_FD(bind(peer, (struct sockaddr *)&address, sizeof address));
    CHECK_FD(getsockname(peer, (struct sockaddr *)&address, &length));
    CHECK_UV(uv_udp_init(loop, &socket));
    CHECK_UV(uv_udp_bind(&socket, (struct sockaddr *)&any, 0));
    CHECK_UV(uv_udp_recv_start(&socket, uvl_alloc, on_datagram)); /* it is in the loop from the next turn on */
    uvl_run_for(loop, 1);
    written = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uv_udp_send_t *request = malloc(sizeof *request);
        uv_buf_t buf = uv_buf_init(bytes, SIZE);
        CHECK(request);
        all = false;
        CHECK_UV(uv_udp_send(request, &socket, &buf, 1, (struct sockaddr *)&address, on_sent));
        uvl_run_for(loop, 0);
        CHECK_INT(recv(peer, back, sizeof back, 0), SIZE);
        pattern_check(SEED, 0, back, SIZE);
    }
    uvl_run_until(loop, &all);
    uv_close((uv_handle_t *)&socket, NULL);
    uvl_run_for(loop, 1);
    net_close(peer);
}

static bool forced(void) {
    const char *setting = getenv("RINGBACK_ZEROCOPY");
    return check_has_ringback() && setting && strcmp(setting, "force") == 0;
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    pattern_fill(SEED, 0, bytes, SIZE);
    write_to_a_local_socket(loop);
    uint64_t local = check_counter("zc_unsupported");
    send_datagrams(loop);
    CHECK_INT(check_counter("sends_zc"), 0);
    if (forced()) {
        CHECK(local > 0);
        CHECK_INT(check_counter("zc_unsupported") - local, ROUNDS);
    }
    uvl_end(loop);
    return check_passed();
}
