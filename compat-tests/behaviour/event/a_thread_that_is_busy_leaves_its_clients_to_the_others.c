/* Two threads of a process share one listener, each with a loop of its own. While one of them is busy, whichever of the
 * two had the listener first, the other serves whoever comes. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>
#include <pthread.h>
#include <unistd.h>

enum { THREADS = 2, FIRST = 8, CLIENTS = 4, PATIENCE_MS = 2000 };

struct worker {
    struct event_base *base;
    struct evconnlistener *listener;
    pthread_t thread;
    int listening, told, teller; /* `told` is the thread's end, `teller` that of main() */
    char name;
};

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length,
                      void *arg) {
    const struct worker *worker = arg;

    (void)listener, (void)peer, (void)length;
    net_send_all(fd, &worker->name, 1);
    net_close(fd);
}

static void on_word(evutil_socket_t fd, short what, void *arg) {
    struct worker *worker = arg;
    char word;

    (void)what;
    net_receive_all(fd, &word, 1);
    if (word == 'l')
        CHECK(worker->listener =
                  evconnlistener_new(worker->base, on_client, worker, LEV_OPT_CLOSE_ON_EXEC, -1, worker->listening));
    if (word == 'e')
        event_base_loopbreak(worker->base);
    net_send_all(fd, &word, 1);
    if (word == 'b')
        net_receive_all(fd, &word, 1); /* busy until the next word */
}

static void *work(void *arg) {
    struct worker *worker = arg;
    worker->base = evl_base();
    struct event *word = event_new(worker->base, worker->told, EV_READ | EV_PERSIST, on_word, worker);
    CHECK(word);
    CHECK_INT(event_add(word, NULL), 0);
    event_base_dispatch(worker->base);
    evconnlistener_free(worker->listener);
    event_free(word);
    event_base_free(worker->base);
    return NULL;
}

static void tell(const struct worker *worker, const char *word) {
    net_send_text(worker->teller, word);
    net_expect_text(worker->teller, word);
}

/* Returns which worker served it. */
static char be_client(uint16_t port) {
    char who;
    int fd = net_connect(port);
    CHECK_SAY(net_readable(fd, check_scaled(PATIENCE_MS)), "a client waits for a thread that is busy");
    net_receive_all(fd, &who, 1);
    net_close(fd);
    return who;
}

static void one_is_busy(int busy) {
    struct worker worker[THREADS] = {{.name = 0}, {.name = 1}};
    uint16_t port;
    int listening = net_listen(&port);

    for (int i = 0; i < THREADS; i++) {
        worker[i].listening = listening;
        net_unix_pair(&worker[i].told, &worker[i].teller);
        CHECK_INT(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        tell(&worker[i], "l");
        for (int j = 0; j < FIRST; j++)
            be_client(port);
    }
    tell(&worker[busy], "b");
    for (int i = 0; i < CLIENTS; i++)
        CHECK_INT(be_client(port), 1 - busy);
    net_send_text(worker[busy].teller, "-");
    for (int i = 0; i < THREADS; i++) {
        tell(&worker[i], "e");
        CHECK_INT(pthread_join(worker[i].thread, NULL), 0);
        net_close(worker[i].told);
        net_close(worker[i].teller);
    }
    net_close(listening);
}

int main(void) {
    check_begin(20);
    for (int busy = 0; busy < THREADS; busy++)
        one_is_busy(busy);
    libevent_global_shutdown();
    return check_passed();
}
