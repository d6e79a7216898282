/* uv-udp - a plain libuv datagram echo server; it knows nothing of Ringback.
 *
 * Ownership: there is one buffer to receive into, which is libuv's only until the receive callback; what came is copied
 * into the send request, which is libuv's until its callback. Compiled with UV_UDP_MANY=1 (rb-uv-udp-many) the buffer
 * has room for many datagrams and libuv takes them with recvmmsg.
 */
#include "tcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#ifndef UV_UDP_MANY
#define UV_UDP_MANY 0
#endif

enum { DATAGRAM_BYTES = 64 * 1024, DATAGRAMS = UV_UDP_MANY ? 20 : 1 };

struct answer {
    uv_udp_send_t send;
    char bytes[];
};

static char buffer[DATAGRAMS * DATAGRAM_BYTES];

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(buffer, sizeof(buffer));
}

static void on_sent(uv_udp_send_t *send, int status) {
    (void)status; /* a datagram that is lost is lost */
    free((char *)send - offsetof(struct answer, send));
}

static void on_receive(uv_udp_t *udp, ssize_t count, const uv_buf_t *in, const struct sockaddr *from, unsigned flags) {
    (void)flags;
    if (count <= 0 || from == NULL) {
        return; /* nothing more for now, an error of some earlier answer, or the buffer's end of use */
    }
    struct answer *answer = malloc(sizeof(*answer) + (size_t)count);
    if (answer == NULL) {
        return;
    }
    memcpy(answer->bytes, in->base, (size_t)count);
    const uv_buf_t out = uv_buf_init(answer->bytes, (unsigned)count);
    if (uv_udp_send(&answer->send, udp, &out, 1, from, on_sent) != 0) {
        free(answer);
    }
}

static void close_any(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    uv_walk(handle->loop, close_any, NULL);
}

static int receive_on(uv_udp_t *udp, int port) {
    struct sockaddr_in address = tcp_loopback(port);
    int result = uv_udp_bind(udp, (const struct sockaddr *)&address, 0);
    if (result == 0) {
        result = uv_udp_recv_start(udp, on_alloc, on_receive);
    }
    uv_os_fd_t fd = -1;
    if (result == 0) {
        result = uv_fileno((const uv_handle_t *)udp, &fd);
    }
    return result == 0 ? tcp_announce_fd(fd) : result;
}

int main(int argc, char **argv) {
    const int port = tcp_server_begin(argc, argv);
    uv_loop_t loop;
    uv_udp_t udp;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    const unsigned flags = AF_INET | (UV_UDP_MANY ? (unsigned)UV_UDP_RECVMMSG : 0U);
    if (uv_loop_init(&loop) != 0 || uv_udp_init_ex(&loop, &udp, flags) != 0 || uv_signal_init(&loop, &terminate) != 0 ||
        uv_signal_init(&loop, &interrupt) != 0) {
        (void)fprintf(stderr, "uv-udp: cannot make a loop\n");
        return EXIT_FAILURE;
    }
    (void)uv_signal_start(&terminate, on_signal, SIGTERM);
    (void)uv_signal_start(&interrupt, on_signal, SIGINT);
    const int result = receive_on(&udp, port);
    if (result != 0) {
        (void)fprintf(stderr, "uv-udp: cannot receive on port %d: %s\n", port, uv_strerror(result));
        return EXIT_FAILURE;
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
