/* The main thread starts the server and serves a client, then a thread runs the loop while the main thread lives on,
 * waiting for it: connections, bytes and ends must go on as before, for nothing of the first thread's may hold them. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <pthread.h>
#include <stdlib.h>

enum { BIG = 8 << 20, SEED = 7 };

static uv_loop_t loop;
static uv_tcp_t listener, *big;
static uint16_t port;
static char *bytes;
static bool written;

static void done(uv_write_t *request, int status) {
    CHECK_UV(status);
    free(request);
    written = true;
}

static void echo_once(void) {
    int client = net_connect(port);
    net_send_text(client, "hello");
    uvl_run_for(&loop, 20);
    net_expect_text(client, "hello");
    net_close(client);
    uvl_run_for(&loop, 20);
}

static void *receive(void *arg) {
    net_receive_pattern(*(int *)arg, SEED, 0, BIG);
    return arg;
}

static void *in_another_thread(void *arg) {
    int peer = *(int *)arg;
    pthread_t reader;
    for (int i = 0; i < 5; i++)
        echo_once();
    CHECK_INT(pthread_create(&reader, NULL, receive, &peer), 0);
    uvl_run_until(&loop, &written);
    CHECK_INT(pthread_join(reader, NULL), 0);
    uv_close((uv_handle_t *)big, uvl_free);
    uvl_run_for(&loop, 5);
    /* The end must come, although the first thread is asleep. */
    CHECK_SAY(net_readable(peer, check_scaled(2000)), "no end of the stream");
    net_expect_end(peer);
    return arg;
}

int main(void) {
    check_begin(20);
    CHECK_UV(uv_loop_init(&loop));
    port = uvl_listen(&loop, &listener, uvl_accept_echo);
    echo_once();
    echo_once();
    big = malloc(sizeof *big);
    bytes = malloc(BIG);
    CHECK(big && bytes);
    pattern_fill(SEED, 0, bytes, BIG);
    int peer = uvl_tcp(&loop, big);
    uvl_write((uv_stream_t *)big, bytes, BIG, done);
    uvl_run_for(&loop, 20); /* as much as fits is on its way now */
    CHECK(!written);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, in_another_thread, &peer), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    net_close(peer);
    echo_once();
    uvl_end(&loop);
    free(bytes);
    return check_passed();
}
