/* raw-echo - a libevent echo server on raw events (event_new, recv, send), as memcached or tor use the library; it
 * knows nothing of Ringback.
 *
 * Ownership: a client owns its descriptor, its two events and its leftover. While there is a leftover only the write
 * event is added, else only the read event: so a peer that does not read is not read from, and its bytes stay in order.
 */
#include "endpoint.h"
#include "tcp.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

struct client {
    LIST_ENTRY(client) link;
    int fd;
    struct event *readable;
    struct event *writable;
    char *leftover; /* NULL or READ_BYTES long */
    size_t leftover_start;
    size_t leftover_end;
};

static LIST_HEAD(, client) clients = LIST_HEAD_INITIALIZER(clients);
static char scratch[READ_BYTES];

static void client_free(struct client *client) {
    LIST_REMOVE(client, link);
    if (client->readable != NULL) {
        event_free(client->readable);
    }
    if (client->writable != NULL) {
        event_free(client->writable);
    }
    (void)close(client->fd);
    free(client->leftover);
    free(client);
}

static bool is_try_again(int error) {
    return error == EAGAIN || error == EINTR;
}

/* Keep what a short send left and wait for room instead of for more. Returns false without memory. */
static bool client_keep(struct client *client, const char *bytes, size_t count) {
    if (client->leftover == NULL) {
        client->leftover = malloc(READ_BYTES);
    }
    if (client->leftover == NULL) {
        return false;
    }
    memcpy(client->leftover, bytes, count);
    client->leftover_start = 0;
    client->leftover_end = count;
    return event_del(client->readable) == 0 && event_add(client->writable, NULL) == 0;
}

static void on_readable(evutil_socket_t fd, short what, void *context) {
    (void)what;
    struct client *client = context;
    const ssize_t count = recv(fd, scratch, sizeof(scratch), 0);
    if (count <= 0) {
        if (count == 0 || !is_try_again(errno)) {
            client_free(client);
        }
        return;
    }
    ssize_t sent = send(fd, scratch, (size_t)count, MSG_NOSIGNAL);
    if (sent < 0) {
        if (!is_try_again(errno)) {
            client_free(client);
            return;
        }
        sent = 0;
    }
    if (sent < count && !client_keep(client, scratch + sent, (size_t)(count - sent))) {
        client_free(client);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *context) {
    (void)what;
    struct client *client = context;
    const ssize_t sent = send(fd, client->leftover + client->leftover_start,
                              client->leftover_end - client->leftover_start, MSG_NOSIGNAL);
    if (sent < 0) {
        if (!is_try_again(errno)) {
            client_free(client);
        }
        return;
    }
    client->leftover_start += (size_t)sent;
    if (client->leftover_start == client->leftover_end &&
        (event_del(client->writable) != 0 || event_add(client->readable, NULL) != 0)) {
        client_free(client);
    }
}

static void on_accept(evutil_socket_t listener, short what, void *base) {
    (void)what;
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        (void)close(fd);
        return;
    }
    client->fd = fd;
    LIST_INSERT_HEAD(&clients, client, link);
    client->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, client);
    client->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, client);
    if (client->readable == NULL || client->writable == NULL || event_add(client->readable, NULL) != 0) {
        client_free(client);
    }
}

static void on_signal(evutil_socket_t number, short what, void *base) {
    (void)number;
    (void)what;
    (void)event_base_loopbreak(base);
}

static int serve(struct event_base *base, const struct endpoint *endpoint) {
    const int listener = endpoint_listen(endpoint);
    if (listener < 0) {
        (void)fprintf(stderr, "raw-echo: cannot listen: %s\n", strerror(-listener));
        return EXIT_FAILURE;
    }
    struct event *acceptable = event_new(base, listener, EV_READ | EV_PERSIST, on_accept, base);
    struct event *terminate = evsignal_new(base, SIGTERM, on_signal, base);
    struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
    if (acceptable == NULL || terminate == NULL || interrupt == NULL || event_add(acceptable, NULL) != 0 ||
        event_add(terminate, NULL) != 0 || event_add(interrupt, NULL) != 0 || tcp_announce_fd(listener) != 0) {
        (void)fprintf(stderr, "raw-echo: cannot start\n");
        return EXIT_FAILURE;
    }
    (void)event_base_dispatch(base);
    while (!LIST_EMPTY(&clients)) {
        client_free(LIST_FIRST(&clients));
    }
    event_free(acceptable);
    event_free(terminate);
    event_free(interrupt);
    (void)close(listener);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    const struct endpoint endpoint = endpoint_server_begin(argc, argv);
    struct event_base *base = event_base_new();
    if (base == NULL) {
        (void)fprintf(stderr, "raw-echo: cannot make an event base\n");
        return EXIT_FAILURE;
    }
    const int status = serve(base, &endpoint);
    event_base_free(base);
    libevent_global_shutdown();
    return status;
}
