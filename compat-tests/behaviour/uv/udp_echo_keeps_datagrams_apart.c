/* UDP both ways: sizes with zero among them, each datagram whole, its sender known; sends to a closed port do no harm.
 */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { COUNT = 200 };

static void sent(uv_udp_send_t *request, int status) {
    CHECK_UV(status);
    free(request->data);
    free(request);
}

static void echo(uv_udp_t *udp, ssize_t got, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags) {
    CHECK_UV((int)got);
    CHECK_INT(flags & UV_UDP_PARTIAL, 0);
    if (!from)
        return;
    char *bytes = malloc((size_t)got + 1);
    uv_udp_send_t *request = malloc(sizeof *request);
    CHECK(bytes && request);
    memcpy(bytes, buf->base, (size_t)got);
    request->data = bytes;
    uv_buf_t out = uv_buf_init(bytes, (unsigned)got);
    CHECK_UV(uv_udp_send(request, udp, &out, 1, from, sent));
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_udp_t udp;
    struct sockaddr_in address = net_address(0);
    uv_os_fd_t server;
    CHECK_UV(uv_udp_init(loop, &udp));
    CHECK_UV(uv_udp_bind(&udp, (struct sockaddr *)&address, 0));
    CHECK_UV(uv_fileno((uv_handle_t *)&udp, &server));
    CHECK_UV(uv_udp_recv_start(&udp, uvl_alloc, echo));
    address = net_address(net_port(server));
    int client = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    CHECK_FD(connect(client, (struct sockaddr *)&address, sizeof address));
    static char bytes[20000], back[20000];
    for (size_t i = 0; i < COUNT; i += 4) {
        /* Four at a time, so that several wait in one turn. */
        for (size_t k = i; k < i + 4; k++) {
            size_t size = k * k * 7 % 9000 * (k % 5 != 0);
            pattern_fill(k, 0, bytes, size);
            CHECK_INT(send(client, bytes, size, 0), size);
        }
        for (size_t k = i; k < i + 4; k++) {
            size_t size = k * k * 7 % 9000 * (k % 5 != 0);
            while (!net_readable(client, 0))
                uv_run(loop, UV_RUN_ONCE);
            CHECK_INT(recv(client, back, sizeof back, 0), size);
            pattern_check(k, 0, back, size);
        }
    }
    uvl_end(loop);
    net_close(client);
    return check_passed();
}
