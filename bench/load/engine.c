/* engine - see engine.h. */
#include "engine.h"
#include "tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 256 * 1024, EVENTS_MAX = 256, WAIT_NS_MAX = 100000000, WHY_MAX = 200 };

/* The addresses 127.0.0.1 to .250, each with as many ports as the kernel has for one. */
enum { SOURCES_MAX = 250 };

struct connection {
    int fd;     /* -1: not connected */
    int out_fd; /* where requests go: the same, but for pipes */
    bool in_flight;
    bool wants_out; /* EPOLLOUT is asked for: the request has not left entirely */
    struct speaker speaker;
    size_t sent;
    size_t received;
    uint64_t started_ns;
    uint64_t due_ns; /* no request before this */
    uint64_t turns_left;
    struct message request;
    struct message answer;
};

struct engine {
    const struct workload *workload;
    struct endpoint endpoint;
    int epoll_fd;
    unsigned connections;
    unsigned in_flight;
    unsigned source; /* see endpoint_connect */
    uint64_t stall_ns;
    uint64_t pace_ns;
    uint64_t beat_ns; /* with a pace: when the present interval began */
    uint64_t deadline_ns;
    uint64_t progress_ns; /* when the last byte came */
    struct engine_phase *phase;
    char why[WHY_MAX];
    uint8_t scratch[SCRATCH_BYTES];
    struct connection connection[];
};

const char *engine_why(const struct engine *engine) {
    return engine->why;
}

/* Record the first failure; later ones follow from it. */
static int engine_fail(struct engine *engine, int error, const struct connection *connection, const char *what) {
    if (engine->why[0] == '\0') {
        (void)snprintf(engine->why, sizeof(engine->why), "connection %u, request %llu: %s (byte %zu of %zu)",
                       connection->speaker.index, (unsigned long long)connection->speaker.turn, what,
                       connection->received, connection->answer.bytes);
    }
    return error;
}

static int connection_watch(struct engine *engine, struct connection *connection, int operation, bool wants_out) {
    struct epoll_event event = {.events = EPOLLIN | (wants_out ? EPOLLOUT : 0U), .data = {.ptr = connection}};
    int fd = connection->fd;
    if (connection->out_fd != fd && operation == EPOLL_CTL_MOD) {
        event.events = EPOLLOUT;
        operation = wants_out ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;
        fd = connection->out_fd;
    }
    if (epoll_ctl(engine->epoll_fd, operation, fd, &event) != 0) {
        return engine_fail(engine, -errno, connection, "epoll_ctl failed");
    }
    connection->wants_out = wants_out;
    return 0;
}

static int connection_open(struct engine *engine, struct connection *connection, bool wait) {
    if (engine->endpoint.kind == ENDPOINT_FIFO) {
        const int error =
            endpoint_open_fifo(&engine->endpoint, connection->speaker.index, &connection->out_fd, &connection->fd);
        connection->fd = error != 0 ? -1 : connection->fd;
        return error != 0 ? error : connection_watch(engine, connection, EPOLL_CTL_ADD, false);
    }
    int fd = endpoint_connect(&engine->endpoint, engine->source, wait);
    /* Closed connections keep their port for a minute: take those of another address. */
    while (fd == -EADDRNOTAVAIL && engine->source < SOURCES_MAX) {
        engine->source++;
        fd = endpoint_connect(&engine->endpoint, engine->source, wait);
    }
    connection->fd = fd < 0 ? -1 : fd;
    connection->out_fd = connection->fd;
    return fd < 0 ? fd : connection_watch(engine, connection, EPOLL_CTL_ADD, false);
}

static void connection_close(struct connection *connection) {
    if (connection->out_fd != connection->fd) {
        (void)close(connection->out_fd);
    }
    (void)close(connection->fd); /* epoll forgets it: nobody else has it */
    connection->fd = -1;
}

int engine_open(struct engine **out, const struct workload *workload, const struct endpoint *endpoint,
                const struct engine_options *options, const char **why) {
    struct engine *engine = calloc(1, sizeof(*engine) + options->connections * sizeof(engine->connection[0]));
    *why = "no memory for the connections";
    if (engine == NULL) {
        return -ENOMEM;
    }
    engine->workload = workload;
    engine->endpoint = *endpoint;
    engine->stall_ns = (uint64_t)options->stall_ms * 1000000U;
    engine->pace_ns = options->pace_ns;
    engine->connections = options->connections;
    for (unsigned i = 0; i < engine->connections; i++) {
        engine->connection[i].fd = -1;
        engine->connection[i].speaker.index = i;
    }
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int error = engine->epoll_fd < 0 ? -errno : 0;
    *why = "cannot make an epoll descriptor";
    for (unsigned i = 0; i < engine->connections && error == 0 && workload->life == WORKLOAD_LASTS; i++) {
        error = connection_open(engine, &engine->connection[i], true);
        *why = "cannot connect to the server";
    }
    if (error != 0) {
        engine_close(engine, false);
        return error;
    }
    *out = engine;
    return 0;
}

void engine_close(struct engine *engine, bool abort) {
    const struct linger linger = {.l_onoff = 1};
    for (unsigned i = 0; i < engine->connections; i++) {
        struct connection *connection = &engine->connection[i];
        if (connection->fd >= 0 && abort) {
            (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        }
        if (connection->fd >= 0) {
            connection_close(connection);
        }
    }
    if (engine->epoll_fd >= 0) {
        (void)close(engine->epoll_fd);
    }
    free(engine);
}

/* The pieces of a message from an offset on. Returns their number. */
static unsigned pieces_from(const struct message *message, size_t offset, struct iovec *out) {
    unsigned count = 0;
    for (unsigned i = 0; i < message->pieces; i++) {
        const struct iovec *piece = &message->piece[i];
        if (offset >= piece->iov_len) {
            offset -= piece->iov_len;
            continue;
        }
        out[count].iov_base = (char *)piece->iov_base + offset;
        out[count].iov_len = piece->iov_len - offset;
        count++;
        offset = 0;
    }
    return count;
}

/* Send what the socket takes. The rest waits for EPOLLOUT while answers go on being read: a server that echoes a large
 * request before it has seen the end of it must never wait for us while we wait for it. */
static int connection_send(struct engine *engine, struct connection *connection) {
    while (connection->sent < connection->request.bytes) {
        struct iovec pieces[WORKLOAD_PIECES];
        const unsigned count = pieces_from(&connection->request, connection->sent, pieces);
        const struct msghdr header = {.msg_iov = pieces, .msg_iovlen = count};
        const ssize_t sent = engine->endpoint.kind == ENDPOINT_FIFO ? writev(connection->out_fd, pieces, (int)count)
                             : count == 1 ? send(connection->fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                          : sendmsg(connection->fd, &header, MSG_NOSIGNAL);
        if (sent >= 0) {
            connection->sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            return connection->wants_out ? 0 : connection_watch(engine, connection, EPOLL_CTL_MOD, true);
        } else if (errno != EINTR) {
            return engine_fail(engine, -errno, connection, strerror(errno));
        }
    }
    return connection->wants_out ? connection_watch(engine, connection, EPOLL_CTL_MOD, false) : 0;
}

/* Start the next request if the phase allows one more, and if it is time. */
static int connection_begin(struct engine *engine, struct connection *connection, uint64_t now_ns) {
    if (connection->turns_left == 0 || now_ns >= engine->deadline_ns || now_ns < connection->due_ns) {
        return 0;
    }
    connection->turns_left--;
    workload_next(engine->workload, &connection->speaker, &connection->request, &connection->answer);
    connection->sent = 0;
    connection->received = 0;
    connection->started_ns = now_ns;
    connection->in_flight = true;
    engine->in_flight++;
    if (connection->fd < 0) {
        const int error = connection_open(engine, connection, false);
        if (error != 0) {
            return engine_fail(engine, error, connection, strerror(-error));
        }
    }
    return connection_send(engine, connection);
}

static int connection_finish(struct engine *engine, struct connection *connection) {
    if (engine->workload->life != WORKLOAD_LASTS) {
        connection_close(connection);
    }
    const uint64_t now_ns = tcp_now_ns();
    struct engine_phase *phase = engine->phase;
    phase->requests++;
    if (phase->latencies != NULL) {
        histogram_add(phase->latencies, now_ns - connection->started_ns);
    }
    connection->in_flight = false;
    engine->in_flight--;
    engine->progress_ns = now_ns;
    /* From one beat to the next, whatever the answers took: so all connections stay in step. */
    connection->due_ns = engine->pace_ns == 0 ? 0 : engine->beat_ns + engine->pace_ns;
    return connection_begin(engine, connection, now_ns);
}

/* Compare what came with what must come next. */
static int connection_verify(struct engine *engine, struct connection *connection, const uint8_t *bytes, size_t count) {
    if (!connection->in_flight || count > connection->answer.bytes - connection->received) {
        return engine_fail(engine, -EBADMSG, connection, "more bytes came than were asked for");
    }
    if (engine->endpoint.kind == ENDPOINT_UDP && count != connection->answer.bytes) {
        return engine_fail(engine, -EBADMSG, connection, "a datagram of another size");
    }
    struct iovec pieces[WORKLOAD_PIECES];
    const unsigned piece_count = pieces_from(&connection->answer, connection->received, pieces);
    for (unsigned i = 0; i < piece_count && count > 0; i++) {
        const size_t length = pieces[i].iov_len < count ? pieces[i].iov_len : count;
        if (memcmp(bytes, pieces[i].iov_base, length) != 0) {
            const uint8_t *wanted = pieces[i].iov_base;
            for (size_t k = 0; bytes[k] == wanted[k]; k++) {
                connection->received++; /* engine_fail names the first wrong byte */
            }
            return engine_fail(engine, -EBADMSG, connection, "a wrong byte");
        }
        connection->received += length;
        bytes += length;
        count -= length;
    }
    /* An answer to a request that has not left entirely is not one. */
    if (connection->received == connection->answer.bytes && connection->sent < connection->request.bytes) {
        return engine_fail(engine, -EBADMSG, connection, "the answer ended before the request");
    }
    return 0;
}

/* The end of the stream is the end of a request where the server closes; else it comes too early. */
static int connection_end(struct engine *engine, struct connection *connection) {
    const bool is_due = engine->workload->life == WORKLOAD_SERVER_CLOSES && connection->in_flight &&
                        connection->received == connection->answer.bytes;
    return is_due ? connection_finish(engine, connection)
                  : engine_fail(engine, -ECONNRESET, connection, "the server closed the connection");
}

static int connection_receive(struct engine *engine, struct connection *connection) {
    const ssize_t count = engine->endpoint.kind == ENDPOINT_FIFO
                              ? read(connection->fd, engine->scratch, sizeof(engine->scratch))
                              : recv(connection->fd, engine->scratch, sizeof(engine->scratch), 0);
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return 0;
        }
        return engine_fail(engine, -errno, connection, strerror(errno));
    }
    if (count == 0) {
        return connection_end(engine, connection);
    }
    const int error = connection_verify(engine, connection, engine->scratch, (size_t)count);
    if (error != 0) {
        return error;
    }
    if (connection->received < connection->answer.bytes || engine->workload->life == WORKLOAD_SERVER_CLOSES) {
        engine->progress_ns = tcp_now_ns();
        return 0;
    }
    return connection_finish(engine, connection);
}

/* With a pace, whoever is due begins. Returns how long until the next one is, WAIT_NS_MAX at most. */
static int engine_begin_due(struct engine *engine, uint64_t *wait_ns) {
    int error = 0;
    *wait_ns = WAIT_NS_MAX;
    if (engine->pace_ns == 0) {
        return 0;
    }
    const uint64_t now_ns = tcp_now_ns();
    while (engine->beat_ns + engine->pace_ns <= now_ns) {
        engine->beat_ns += engine->pace_ns;
    }
    for (unsigned i = 0; i < engine->connections && error == 0; i++) {
        struct connection *connection = &engine->connection[i];
        if (!connection->in_flight && connection->due_ns > now_ns) {
            const uint64_t left_ns = connection->due_ns - now_ns;
            *wait_ns = left_ns < *wait_ns ? left_ns : *wait_ns;
        } else if (!connection->in_flight) {
            error = connection_begin(engine, connection, now_ns);
        }
    }
    return error;
}

/* Wait once and serve what is ready. */
static int engine_turn(struct engine *engine) {
    struct epoll_event event[EVENTS_MAX];
    uint64_t wait_ns = 0;
    int error = engine_begin_due(engine, &wait_ns);
    if (error != 0) {
        return error;
    }
    const struct timespec wait = {.tv_nsec = (long)wait_ns};
    const int count = epoll_pwait2(engine->epoll_fd, event, EVENTS_MAX, &wait, NULL);
    if (count < 0 && errno != EINTR) {
        return engine_fail(engine, -errno, &engine->connection[0], "epoll_wait failed");
    }
    for (int i = 0; i < count && error == 0; i++) {
        struct connection *connection = event[i].data.ptr;
        if ((event[i].events & EPOLLOUT) != 0 && connection->in_flight) {
            error = connection_send(engine, connection);
        }
        if (error == 0 && (event[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            error = connection_receive(engine, connection);
        }
    }
    return error;
}

/* Name a connection whose answer is missing. */
static int engine_fail_lost(struct engine *engine) {
    for (unsigned i = 0; i < engine->connections; i++) {
        if (engine->connection[i].in_flight) {
            return engine_fail(engine, -ETIMEDOUT, &engine->connection[i], "the rest of the answer never came");
        }
    }
    return -ETIMEDOUT;
}

/* Whether a phase goes on though nothing is in flight. */
static bool engine_paces(const struct engine *engine) {
    bool any_left = false;
    if (engine->pace_ns == 0 || tcp_now_ns() >= engine->deadline_ns) {
        return false;
    }
    for (unsigned i = 0; i < engine->connections; i++) {
        any_left = any_left || engine->connection[i].turns_left > 0;
    }
    return any_left;
}

int engine_run(struct engine *engine, struct engine_phase *phase) {
    const uint64_t begin_ns = tcp_now_ns();
    engine->phase = phase;
    engine->deadline_ns = phase->duration_ns == 0 ? UINT64_MAX : begin_ns + phase->duration_ns;
    engine->progress_ns = begin_ns;
    engine->beat_ns = begin_ns;
    phase->requests = 0;
    int error = 0;
    for (unsigned i = 0; i < engine->connections && error == 0; i++) {
        struct connection *connection = &engine->connection[i];
        connection->turns_left = phase->turns == 0 ? UINT64_MAX : phase->turns;
        connection->due_ns = 0;
        error = connection_begin(engine, connection, tcp_now_ns());
    }
    while (error == 0 && (engine->in_flight > 0 || engine_paces(engine))) {
        error = engine_turn(engine);
        if (error == 0 && engine->in_flight > 0 && tcp_now_ns() - engine->progress_ns > engine->stall_ns) {
            error = engine_fail_lost(engine);
        }
    }
    phase->elapsed_ns = (engine->pace_ns == 0 ? engine->progress_ns : tcp_now_ns()) - begin_ns;
    return error;
}

int engine_check_silence(struct engine *engine) {
    int error = 0;
    for (unsigned i = 0; i < engine->connections && error == 0; i++) {
        error = engine->connection[i].fd < 0 ? 0 : connection_receive(engine, &engine->connection[i]);
    }
    return error;
}
