/* limit-epoll - how fast an echo can be over epoll when nothing stands between it and the kernel: level-triggered
 * epoll, one read and one send a message, one thread. A floor for the comparison, not a design to copy.
 *
 * Ownership: a client owns its descriptor and its leftover. While there is a leftover the descriptor is watched for
 * EPOLLOUT only: so a peer that does not read is not read from, and its bytes stay in order.
 */
#include "tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, EVENTS_MAX = 512 };

struct client {
    LIST_ENTRY(client) link;
    int fd;
    char *leftover; /* NULL or READ_BYTES long */
    size_t leftover_start;
    size_t leftover_end;
};

struct server {
    int epoll_fd;
    int listener;
    int terminate;
    LIST_HEAD(, client) clients;
};

static char scratch[READ_BYTES];

static void client_free(struct client *client) {
    LIST_REMOVE(client, link);
    (void)close(client->fd);
    free(client->leftover);
    free(client);
}

static bool is_try_again(int error) {
    return error == EAGAIN || error == EINTR;
}

static int watch(const struct server *server, int operation, int fd, uint32_t events, void *data) {
    struct epoll_event event = {.events = events, .data = {.ptr = data}};
    return epoll_ctl(server->epoll_fd, operation, fd, &event) == 0 ? 0 : -errno;
}

/* Keep what a short send left and wait for room instead of for more. */
static int client_keep(const struct server *server, struct client *client, const char *bytes, size_t count) {
    if (client->leftover == NULL) {
        client->leftover = malloc(READ_BYTES);
    }
    if (client->leftover == NULL) {
        return -ENOMEM;
    }
    memcpy(client->leftover, bytes, count);
    client->leftover_start = 0;
    client->leftover_end = count;
    return watch(server, EPOLL_CTL_MOD, client->fd, EPOLLOUT, client);
}

/* Returns 0, or -errno (and -ECONNRESET at the end of the stream) when the client is to be freed. */
static int client_read(const struct server *server, struct client *client) {
    const ssize_t count = recv(client->fd, scratch, sizeof(scratch), 0);
    if (count <= 0) {
        return count == 0 ? -ECONNRESET : is_try_again(errno) ? 0 : -errno;
    }
    ssize_t sent = send(client->fd, scratch, (size_t)count, MSG_NOSIGNAL);
    if (sent < 0) {
        if (!is_try_again(errno)) {
            return -errno;
        }
        sent = 0;
    }
    return sent == count ? 0 : client_keep(server, client, scratch + sent, (size_t)(count - sent));
}

static int client_write(const struct server *server, struct client *client) {
    const ssize_t sent = send(client->fd, client->leftover + client->leftover_start,
                              client->leftover_end - client->leftover_start, MSG_NOSIGNAL);
    if (sent < 0) {
        return is_try_again(errno) ? 0 : -errno;
    }
    client->leftover_start += (size_t)sent;
    return client->leftover_start < client->leftover_end ? 0
                                                         : watch(server, EPOLL_CTL_MOD, client->fd, EPOLLIN, client);
}

static void server_accept(struct server *server) {
    const int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        (void)close(fd);
        return;
    }
    client->fd = fd;
    LIST_INSERT_HEAD(&server->clients, client, link);
    if (watch(server, EPOLL_CTL_ADD, fd, EPOLLIN, client) != 0) {
        client_free(client);
    }
}

/* Returns false once the server has been told to end. */
static bool server_event(struct server *server, const struct epoll_event *event) {
    if (event->data.ptr == &server->terminate) {
        return false;
    }
    if (event->data.ptr == &server->listener) {
        server_accept(server);
        return true;
    }
    struct client *client = event->data.ptr;
    const bool writes = (event->events & EPOLLOUT) != 0;
    if ((writes ? client_write(server, client) : client_read(server, client)) != 0) {
        client_free(client);
    }
    return true;
}

static int server_run(struct server *server) {
    bool running = true;
    while (running) {
        struct epoll_event event[EVENTS_MAX];
        const int count = epoll_wait(server->epoll_fd, event, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) {
            return -errno;
        }
        for (int i = 0; i < count && running; i++) {
            running = server_event(server, &event[i]);
        }
    }
    return 0;
}

/* A negative descriptor is the -errno of the call that should have made it. */
static int server_start(struct server *server, int port) {
    server->terminate = tcp_terminate_fd();
    server->listener = tcp_listen(port);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->terminate < 0 || server->listener < 0 || server->epoll_fd < 0) {
        return server->epoll_fd < 0 ? -EMFILE : server->listener < 0 ? server->listener : server->terminate;
    }
    int error = watch(server, EPOLL_CTL_ADD, server->terminate, EPOLLIN, &server->terminate);
    if (error == 0) {
        error = watch(server, EPOLL_CTL_ADD, server->listener, EPOLLIN, &server->listener);
    }
    return error == 0 ? tcp_announce_fd(server->listener) : error;
}

int main(int argc, char **argv) {
    static struct server server;
    LIST_INIT(&server.clients);
    int error = server_start(&server, tcp_server_begin(argc, argv));
    if (error == 0) {
        error = server_run(&server);
    }
    if (error != 0) {
        (void)fprintf(stderr, "limit-epoll: %s\n", strerror(-error));
    }
    while (!LIST_EMPTY(&server.clients)) {
        client_free(LIST_FIRST(&server.clients));
    }
    return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
