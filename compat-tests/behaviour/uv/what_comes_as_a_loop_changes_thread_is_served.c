/* A thread takes over a loop whose first thread lives on, asleep, while clients come one after the other: every one of
 * them is the loop's, none is left to what the first thread had armed. The processors are busy, for the kernel ends a
 * ring by a worker thread, and what is left of it accepts and receives until that one's turn comes. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 16, AFTERWARDS = 4, BUSY = 4 };

static atomic_bool idle;

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    uint16_t port;
    atomic_bool taken_over;
    bool over;
    uv_async_t all_served;
};

static void exchange(const struct server *server) {
    int fd = net_connect(server->port);

    for (int i = 0; i < 2; i++) {
        net_send_text(fd, "hello");
        net_expect_text(fd, "hello");
    }
    net_close(fd);
}

static void *be_clients(void *arg) {
    struct server *server = arg;

    while (!server->taken_over)
        exchange(server);
    for (int i = 0; i < AFTERWARDS; i++)
        exchange(server);
    CHECK_UV(uv_async_send(&server->all_served));
    return NULL;
}

static void end(uv_async_t *async) {
    struct server *server = async->data;

    server->over = true;
}

static void *take_over(void *arg) {
    struct server *server = arg;

    server->taken_over = true;
    uvl_run_until(&server->loop, &server->over);
    return NULL;
}

static void *be_busy(void *arg) {
    while (!idle)
        continue;
    return arg;
}

static void begin(struct server *server) {
    CHECK_UV(uv_loop_init(&server->loop));
    CHECK_UV(uv_async_init(&server->loop, &server->all_served, end));
    server->all_served.data = server;
    server->over = false;
    server->taken_over = false;
    server->port = uvl_listen(&server->loop, &server->listener, uvl_accept_echo);
}

int main(void) {
    pthread_t busy[BUSY];

    check_begin(40);
    for (int i = 0; i < BUSY; i++)
        CHECK_INT(pthread_create(&busy[i], NULL, be_busy, NULL), 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct server server;
        pthread_t clients, heir;

        begin(&server);
        CHECK_INT(pthread_create(&clients, NULL, be_clients, &server), 0);
        uvl_run_for(&server.loop, 5);
        CHECK_INT(pthread_create(&heir, NULL, take_over, &server), 0);
        CHECK_INT(pthread_join(heir, NULL), 0);
        CHECK_INT(pthread_join(clients, NULL), 0);
        (round + 1 < ROUNDS ? uvl_close_loop : uvl_end)(&server.loop);
    }
    idle = true;
    for (int i = 0; i < BUSY; i++)
        CHECK_INT(pthread_join(busy[i], NULL), 0);
    return check_passed();
}
