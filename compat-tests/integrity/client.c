#include "client.h"

#include "check.h"
#include "net.h"
#include "pattern.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PIECE_MAX = 65536,
    SLOW_READ = 4096,
    SLOW_LARGEST = 512 * 1024,
    LATER_LARGEST = 65536,
    SLOW_PERCENT = 15,
    RESET_PERCENT = 15,
    CLOSE_PERCENT = 25,
    POLL_MS = 5,
};

enum ending {
    ENDING_HALF_CLOSE, /* send all, shut down, receive all, then the end of the stream */
    ENDING_CLOSE,      /* receive all, then close */
    ENDING_RESET,      /* reset after some bytes, with others under way */
};

struct connection {
    int fd; /* -1: over */
    unsigned number;
    uint64_t seed;   /* of its bytes */
    uint64_t random; /* of its behaviour */
    uint64_t total, sent, received, reset_at;
    enum ending ending;
    bool slow, shut;
    double next_read_ms;
};

static char scratch[PIECE_MAX];

/* A size from 1 to `largest`, each power of two as likely as the others. */
static uint64_t size_up_to(uint64_t *random, uint64_t largest) {
    unsigned bits = 0;
    while (bits < 63 && (largest >> (bits + 1)) > 0)
        bits++;
    uint64_t top = (uint64_t)1 << pattern_random(random) % (bits + 1);
    uint64_t size = top + pattern_random(random) % top;
    return size < largest ? size : largest;
}

static _Noreturn void broken(const struct connection *connection, const char *what) {
    check_fail(__FILE__, __LINE__, "connection %u (seed %llu): %s; sent %llu and received %llu of %llu%s",
               connection->number, (unsigned long long)connection->seed, what, (unsigned long long)connection->sent,
               (unsigned long long)connection->received, (unsigned long long)connection->total,
               connection->slow ? ", slow reader" : "");
}

static void connection_open(struct connection *connection, const struct client_plan *plan, unsigned wave,
                            unsigned number) {
    uint64_t random = plan->seed + ((uint64_t)wave << 32) + number;
    *connection = (struct connection){.number = number, .seed = pattern_random(&random)};
    unsigned percent = (unsigned)(pattern_random(&random) % 100);
    if (percent < RESET_PERCENT)
        connection->ending = ENDING_RESET;
    else if (percent < RESET_PERCENT + CLOSE_PERCENT)
        connection->ending = ENDING_CLOSE;
    connection->slow = pattern_random(&random) % 100 < SLOW_PERCENT;
    uint64_t largest = wave == 0 ? plan->largest : LATER_LARGEST;
    if (connection->slow && largest > SLOW_LARGEST)
        largest = SLOW_LARGEST;
    connection->total = size_up_to(&random, largest);
    if (number < 2) {
        /* Both ends of the range are always there, and are seen to their ends. */
        connection->total = number == 0 ? 1 : largest;
        connection->ending = ENDING_HALF_CLOSE;
    }
    connection->reset_at = pattern_random(&random) % (connection->total + 1);
    connection->random = random;
    connection->fd = net_connect(plan->port);
    net_nonblocking(connection->fd);
}

static void connection_over(struct connection *connection) {
    if (connection->ending == ENDING_RESET)
        net_reset(connection->fd);
    else
        net_close(connection->fd);
    connection->fd = -1;
}

static void connection_send(struct connection *connection) {
    uint64_t left = connection->total - connection->sent;
    size_t size = size_up_to(&connection->random, left < PIECE_MAX ? left : PIECE_MAX);
    pattern_fill(connection->seed, connection->sent, scratch, size);
    ssize_t sent = send(connection->fd, scratch, size, MSG_NOSIGNAL);
    if (sent == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (sent == -1)
        broken(connection, strerror(errno));
    connection->sent += (uint64_t)sent;
    if (connection->sent == connection->total && connection->ending == ENDING_HALF_CLOSE) {
        CHECK_FD(shutdown(connection->fd, SHUT_WR));
        connection->shut = true;
    }
}

static void connection_receive(struct connection *connection, double now_ms) {
    size_t room = connection->slow ? SLOW_READ : size_up_to(&connection->random, PIECE_MAX);
    ssize_t got = recv(connection->fd, scratch, room, 0);
    if (got == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == -1)
        broken(connection, strerror(errno));
    if (got == 0) {
        if (connection->received != connection->total || !connection->shut)
            broken(connection, "the server ended the stream early");
        connection_over(connection);
        return;
    }
    if (connection->received + (uint64_t)got > connection->sent)
        broken(connection, "more bytes came back than were sent");
    size_t good = pattern_match(connection->seed, connection->received, scratch, (size_t)got);
    connection->received += good;
    if (good != (size_t)got)
        broken(connection, "the next byte is wrong");
    if (connection->slow)
        connection->next_read_ms = now_ms + (double)(pattern_random(&connection->random) % 8);
    if (connection->ending == ENDING_CLOSE && connection->received == connection->total)
        connection_over(connection);
}

/* A reset comes when enough bytes are back, or, for a small mark, as soon as something has been sent. */
static bool connection_reset_is_due(const struct connection *connection) {
    return connection->ending == ENDING_RESET && connection->sent > 0 && connection->received >= connection->reset_at;
}

static void connection_serve(struct connection *connection, short ready, double now_ms) {
    if (ready & POLLNVAL)
        broken(connection, "its descriptor is bad");
    if (ready & (POLLIN | POLLERR | POLLHUP))
        connection_receive(connection, now_ms);
    if (connection->fd != -1 && (ready & POLLOUT) && connection->sent < connection->total)
        connection_send(connection);
    if (connection->fd != -1 && connection_reset_is_due(connection))
        connection_over(connection);
}

/* One turn over all connections. Returns how many are not over yet. */
static unsigned turn(struct connection *connection, struct pollfd *poller, unsigned count) {
    double now_ms = check_now_ms();
    unsigned open = 0;
    for (unsigned i = 0; i < count; i++) {
        bool may_read = !connection[i].slow || now_ms >= connection[i].next_read_ms;
        bool may_send = connection[i].sent < connection[i].total;
        poller[i] = (struct pollfd){.fd = may_read || may_send ? connection[i].fd : -1};
        poller[i].events = (short)((may_read ? POLLIN : 0) | (may_send ? POLLOUT : 0));
        open += connection[i].fd != -1;
    }
    int ready = poll(poller, count, POLL_MS);
    CHECK(ready >= 0 || errno == EINTR);
    for (unsigned i = 0; i < count && ready > 0; i++)
        if (poller[i].fd != -1 && poller[i].revents)
            connection_serve(&connection[i], poller[i].revents, now_ms);
    return open;
}

struct client_result client_run(const struct client_plan *plan) {
    struct client_result result = {0};
    struct connection *connection = calloc(plan->connections, sizeof *connection);
    struct pollfd *poller = calloc(plan->connections, sizeof *poller);
    CHECK(connection && poller);
    for (unsigned wave = 0; wave < plan->waves; wave++) {
        for (unsigned i = 0; i < plan->connections; i++) {
            connection_open(&connection[i], plan, wave, i);
            turn(connection, poller, i + 1);
        }
        while (turn(connection, poller, plan->connections) > 0)
            continue;
        for (unsigned i = 0; i < plan->connections; i++) {
            result.bytes += connection[i].received;
            result.half_closed += connection[i].ending == ENDING_HALF_CLOSE;
            result.closed += connection[i].ending == ENDING_CLOSE;
            result.reset += connection[i].ending == ENDING_RESET;
            result.slow += connection[i].slow;
        }
    }
    free(connection);
    free(poller);
    return result;
}
