/* bev-echo - a plain libevent bufferevent echo server; it knows nothing of Ringback.
 *
 * Ownership: a client owns its bufferevent, which owns its descriptor. Clients hang in a list only so that SIGTERM
 * can free them all.
 */
#include "endpoint.h"
#include "tcp.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

enum { BACKLOG = 4096 };

struct client {
    LIST_ENTRY(client) link;
    struct bufferevent *bev;
};

static LIST_HEAD(, client) clients = LIST_HEAD_INITIALIZER(clients);

static void client_free(struct client *client) {
    LIST_REMOVE(client, link);
    bufferevent_free(client->bev);
    free(client);
}

static void on_read(struct bufferevent *bev, void *context) {
    (void)context;
    (void)evbuffer_add_buffer(bufferevent_get_output(bev), bufferevent_get_input(bev));
}

static void on_drained(struct bufferevent *bev, void *context) {
    (void)bev;
    client_free(context);
}

static void on_event(struct bufferevent *bev, short what, void *context) {
    const bool ended_well = (what & BEV_EVENT_EOF) != 0 && (what & BEV_EVENT_ERROR) == 0;
    if (ended_well && evbuffer_get_length(bufferevent_get_output(bev)) > 0) {
        /* The peer may have closed only its sending side: what is queued still has to reach it. */
        bufferevent_setcb(bev, NULL, on_drained, on_event, context);
        return;
    }
    client_free(context);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                      void *context) {
    (void)length;
    (void)context;
    const int on = 1;
    if (address->sa_family == AF_INET) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    struct client *client = calloc(1, sizeof(*client));
    struct bufferevent *bev =
        client == NULL ? NULL : bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL) {
        free(client);
        (void)evutil_closesocket(fd);
        return;
    }
    client->bev = bev;
    LIST_INSERT_HEAD(&clients, client, link);
    bufferevent_setcb(bev, on_read, NULL, on_event, client);
    (void)bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void on_signal(evutil_socket_t number, short what, void *base) {
    (void)number;
    (void)what;
    (void)event_base_loopbreak(base);
}

static int serve(struct event_base *base, const struct endpoint *endpoint) {
    struct sockaddr_storage address;
    const socklen_t length = endpoint_address(endpoint, &address);
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, BACKLOG,
                                (const struct sockaddr *)&address, (int)length);
    struct event *terminate = evsignal_new(base, SIGTERM, on_signal, base);
    struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
    if (listener == NULL || terminate == NULL || interrupt == NULL || event_add(terminate, NULL) != 0 ||
        event_add(interrupt, NULL) != 0 || tcp_announce_fd(evconnlistener_get_fd(listener)) != 0) {
        (void)fprintf(stderr, "bev-echo: cannot listen\n");
        return EXIT_FAILURE;
    }
    (void)event_base_dispatch(base);
    while (!LIST_EMPTY(&clients)) {
        client_free(LIST_FIRST(&clients));
    }
    event_free(terminate);
    event_free(interrupt);
    evconnlistener_free(listener);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    const struct endpoint endpoint = endpoint_server_begin(argc, argv);
    struct event_base *base = event_base_new();
    if (base == NULL) {
        (void)fprintf(stderr, "bev-echo: cannot make an event base\n");
        return EXIT_FAILURE;
    }
    const int status = serve(base, &endpoint);
    event_base_free(base);
    libevent_global_shutdown();
    return status;
}
