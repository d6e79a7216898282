/* AF_UNIX streams through uv_pipe: listener, connect, echo, half-close. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLIENTS = 8, SIZE = 200000 };

static char path[64];
static uv_async_t all_done;

static void connected(uv_stream_t *listener, int status) {
    CHECK_UV(status);
    uv_pipe_t *stream = malloc(sizeof *stream);
    CHECK(stream);
    CHECK_UV(uv_pipe_init(listener->loop, stream, 0));
    CHECK_UV(uv_accept(listener, (uv_stream_t *)stream));
    uvl_echo((uv_stream_t *)stream);
}

static void clients(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, path, sizeof path);
        int fd = CHECK_FD(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        CHECK_FD(connect(fd, (struct sockaddr *)&address, sizeof address));
        for (size_t sent = 0; sent < SIZE; sent += 1000) {
            net_send_pattern(fd, i, sent, 1000);
            if (i & 1)
                net_receive_pattern(fd, i, sent, 1000);
        }
        CHECK_FD(shutdown(fd, SHUT_WR));
        if (!(i & 1))
            net_receive_pattern(fd, i, 0, SIZE);
        net_expect_end(fd);
        net_close(fd);
    }
    CHECK_UV(uv_async_send(&all_done));
}

static void stop(uv_async_t *async) {
    uv_stop(async->loop);
}

int main(void) {
    check_begin(10);
    char directory[] = "/tmp/ringback-test-XXXXXX";
    CHECK(mkdtemp(directory));
    strcpy(path, directory);
    strcat(path, "/socket");
    uv_loop_t *loop = uv_default_loop();
    uv_pipe_t listener;
    CHECK_UV(uv_pipe_init(loop, &listener, 0));
    CHECK_UV(uv_pipe_bind(&listener, path));
    CHECK_UV(uv_listen((uv_stream_t *)&listener, 128, connected));
    CHECK_UV(uv_async_init(loop, &all_done, stop));
    uv_thread_t thread;
    CHECK_UV(uv_thread_create(&thread, clients, NULL));
    uv_run(loop, UV_RUN_DEFAULT);
    CHECK_UV(uv_thread_join(&thread));
    uvl_end(loop);
    CHECK_FD(rmdir(directory));
    return check_passed();
}
