/* Two hundred clients at once: each is accepted exactly once. A program that does not accept in the callback is not
 * called again until it does, and nobody is lost meanwhile; a closed listener leaves no client hanging. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 180 };

static uv_tcp_t listener;
static unsigned called, accepted;
static bool all_accepted;

static void accept_one(void) {
    uv_tcp_t *stream = malloc(sizeof *stream);
    CHECK(stream);
    CHECK_UV(uv_tcp_init(listener.loop, stream));
    CHECK_UV(uv_accept((uv_stream_t *)&listener, (uv_stream_t *)stream));
    uvl_echo((uv_stream_t *)stream);
    accepted++;
    all_accepted = accepted == CLIENTS;
}

static void lazy(uv_stream_t *server, int status) {
    (void)server;
    CHECK_UV(status);
    called++;
    if (called > 2)
        accept_one();
}

static void talk(uv_loop_t *loop, const int *client) {
    for (int i = 0; i < CLIENTS; i++)
        net_send_pattern(client[i], (uint64_t)i, 0, 10);
    for (int i = 0; i < CLIENTS; i++) {
        while (!net_readable(client[i], 0))
            uv_run(loop, UV_RUN_ONCE);
        net_receive_pattern(client[i], (uint64_t)i, 0, 10);
    }
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uint16_t port = uvl_listen(loop, &listener, lazy);
    int client[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        client[i] = net_connect(port);
    uvl_run_for(loop, 5);
    CHECK_INT(called, 1);
    accept_one();
    uvl_run_for(loop, 5);
    CHECK_INT(called, 2);
    accept_one();
    uvl_run_until(loop, &all_accepted);
    uvl_run_for(loop, 2);
    CHECK_INT(called, CLIENTS);
    talk(loop, client);

    int late = net_connect(port);
    uv_close((uv_handle_t *)&listener, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    char byte;
    CHECK_SAY(net_readable(late, check_scaled(1000)), "the late client is left hanging");
    CHECK(read(late, &byte, 1) <= 0);
    net_close(late);
    for (int i = 0; i < CLIENTS; i++)
        net_close(client[i]);
    uvl_end(loop);
    return check_passed();
}
