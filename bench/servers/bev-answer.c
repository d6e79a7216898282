/* bev-answer - a plain libevent bufferevent server that carries out orders (order.h): long answers, long requests,
 * connections that it closes itself, work after an answer. It knows nothing of Ringback.
 *
 * Ownership: a client owns its bufferevent, which owns its descriptor. Clients hang in a list only so that SIGTERM
 * can free them all.
 */
#include "order.h"
#include "pattern.h"
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

enum { BACKLOG = 4096, PIECES_MAX = 16 };

struct client {
    LIST_ENTRY(client) link;
    struct bufferevent *bev;
    struct order order; /* being carried out while body_left > 0 */
    uint64_t body_left;
    uint64_t sum;
    uint64_t answered;
};

static LIST_HEAD(, client) clients = LIST_HEAD_INITIALIZER(clients);
static uint8_t *table;

static void client_free(struct client *client) {
    LIST_REMOVE(client, link);
    bufferevent_free(client->bev);
    free(client);
}

static void on_event(struct bufferevent *bev, short what, void *client) {
    (void)bev;
    (void)what;
    client_free(client);
}

static void on_drained(struct bufferevent *bev, void *client) {
    (void)bev;
    client_free(client);
}

static void client_obey(struct client *client) {
    const struct order *order = &client->order;
    switch (order->verb) {
    case ORDER_PUT:
    case ORDER_SUM:
        client->body_left = order->number;
        client->sum = 0;
        return;
    default:
        (void)bufferevent_write(client->bev, table + order_slice(client->answered), order->number);
        client->answered++;
        break;
    }
    if (order->verb == ORDER_WORK) {
        order_work();
    } else if (order->verb == ORDER_LAST) {
        (void)bufferevent_disable(client->bev, EV_READ);
        bufferevent_setcb(client->bev, NULL, on_drained, on_event, client);
    }
}

/* The checksum of the first bytes, where they lie. */
static void client_sum(struct client *client, struct evbuffer *input, size_t count) {
    struct evbuffer_iovec piece[PIECES_MAX];
    struct evbuffer_ptr place;
    size_t done = 0;
    while (done < count && evbuffer_ptr_set(input, &place, done, EVBUFFER_PTR_SET) == 0) {
        const int all = evbuffer_peek(input, (ev_ssize_t)(count - done), &place, piece, PIECES_MAX);
        for (int i = 0; i < all && i < PIECES_MAX && done < count; i++) {
            const size_t length = piece[i].iov_len < count - done ? piece[i].iov_len : count - done;
            client->sum = pattern_sum(client->sum, piece[i].iov_base, length);
            done += length;
        }
    }
}

/* Take what has come of a body, and answer once it is complete. */
static void client_take_body(struct client *client, struct evbuffer *input) {
    const size_t length = evbuffer_get_length(input);
    const size_t taken = length < client->body_left ? length : (size_t)client->body_left;
    if (client->order.verb == ORDER_SUM) {
        client_sum(client, input, taken);
    }
    (void)evbuffer_drain(input, taken);
    client->body_left -= taken;
    if (client->body_left == 0) {
        char line[ORDER_LINE + 1];
        order_write(line, client->order.verb, client->order.verb == ORDER_SUM ? client->sum : client->order.number);
        (void)bufferevent_write(client->bev, line, ORDER_LINE);
    }
}

static void on_read(struct bufferevent *bev, void *context) {
    struct client *client = context;
    struct evbuffer *input = bufferevent_get_input(bev);
    while (evbuffer_get_length(input) >= (client->body_left > 0 ? 1 : ORDER_LINE)) {
        if (client->body_left > 0) {
            client_take_body(client, input);
            continue;
        }
        char line[ORDER_LINE];
        (void)evbuffer_remove(input, line, sizeof(line));
        if (!order_read(&client->order, line)) {
            client_free(client);
            return;
        }
        client_obey(client);
    }
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                      void *context) {
    (void)address;
    (void)length;
    (void)context;
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
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

static int serve(struct event_base *base, int port) {
    struct sockaddr_in address = tcp_loopback(port);
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, BACKLOG,
                                (const struct sockaddr *)&address, (int)sizeof(address));
    struct event *terminate = evsignal_new(base, SIGTERM, on_signal, base);
    struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
    if (listener == NULL || terminate == NULL || interrupt == NULL || event_add(terminate, NULL) != 0 ||
        event_add(interrupt, NULL) != 0 || tcp_announce_fd(evconnlistener_get_fd(listener)) != 0) {
        (void)fprintf(stderr, "bev-answer: cannot listen on port %d\n", port);
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
    const int port = tcp_server_begin(argc, argv);
    struct event_base *base = event_base_new();
    table = pattern_make(ORDER_BYTES_MAX);
    if (base == NULL || table == NULL) {
        (void)fprintf(stderr, "bev-answer: cannot make an event base\n");
        return EXIT_FAILURE;
    }
    const int status = serve(base, port);
    event_base_free(base);
    libevent_global_shutdown();
    free(table);
    return status;
}
