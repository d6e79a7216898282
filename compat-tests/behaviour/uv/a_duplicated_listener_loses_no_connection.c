/* A server that hands its listening socket on (dup, as for a hot restart) while connections come in: none of them is
 * turned away, and those that come later are accepted by either name. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <unistd.h>

enum { CLIENTS = 6 };

static uv_loop_t loop;
static uv_tcp_t listener;
static int accepted, twin = -1;

static void connected(uv_stream_t *server, int status) {
    uv_os_fd_t fd;
    CHECK_UV(status);
    CHECK_UV(uv_fileno((uv_handle_t *)server, &fd));
    if (accepted == 2)
        twin = CHECK_FD(dup(fd));
    accepted++;
    uvl_accept_echo(server, status);
}

static void serve(uint16_t port, int clients) {
    int client[CLIENTS];
    for (int i = 0; i < clients; i++) {
        client[i] = net_connect(port);
        net_send_text(client[i], "hello");
    }
    uvl_run_for(&loop, 50);
    for (int i = 0; i < clients; i++) {
        net_expect_text(client[i], "hello");
        net_close(client[i]);
    }
    uvl_run_for(&loop, 10);
}

int main(void) {
    check_begin(10);
    CHECK_UV(uv_loop_init(&loop));
    uint16_t port = uvl_listen(&loop, &listener, connected);
    serve(port, 1);
    serve(port, CLIENTS);
    CHECK_INT(accepted, 1 + CLIENTS);
    serve(port, 2);
    net_close(twin);
    uvl_end(&loop);
    return check_passed();
}
