/* Clients wait in the listener's queue as a process forks an heir and closes its own listener. The heir serves them:
 * none is reset, as it would be if the process had accepted it without its program's knowing. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/listener.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 4, WAITING = 3, PATIENCE_MS = 2000 };

static void serve(int fd, const char *name) {
    net_send_text(fd, name);
    net_close(fd);
}

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length,
                      void *arg) {
    (void)listener, (void)peer, (void)length, (void)arg;
    serve(fd, "parent");
}

static _Noreturn void be_the_heir(int listening) {
    struct pollfd wait = {.fd = listening, .events = POLLIN};

    check_child(20);
    for (;;) {
        CHECK_INT(poll(&wait, 1, -1), 1);
        int fd = accept(listening, NULL, NULL);
        if (fd >= 0)
            serve(fd, "heir");
    }
}

static void expect_service(int client, const char *by) {
    CHECK_SAY(net_readable(client, check_scaled(PATIENCE_MS)), "a client waits for the %s", by);
    net_expect_text(client, by);
    net_close(client);
}

int main(void) {
    check_begin(20);
    uint16_t port;
    int listening = net_listen(&port), waiting[WAITING];
    struct event_base *base = evl_base();
    struct evconnlistener *listener = evconnlistener_new(base, on_client, NULL, LEV_OPT_CLOSE_ON_FREE, -1, listening);
    CHECK(listener);
    for (int i = 0; i < FIRST; i++) {
        int client = net_connect(port);
        evl_run_for(base, 5);
        expect_service(client, "parent");
    }
    for (int i = 0; i < WAITING; i++)
        waiting[i] = net_connect(port);
    pid_t heir = CHECK_FD(fork());
    if (heir == 0)
        be_the_heir(listening);
    evconnlistener_free(listener);
    for (int i = 0; i < WAITING; i++)
        expect_service(waiting[i], "heir");
    CHECK_FD(kill(heir, SIGKILL));
    CHECK_INT(waitpid(heir, NULL, 0), heir);
    evl_end(base);
    return check_passed();
}
