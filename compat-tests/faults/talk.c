#include "talk.h"

#include "check.h"
#include "net.h"
#include "pattern.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 65536, ANSWER_MS = 4000, FULL_MS = 30 };

static enum plan_loss allowed;
static char piece[PIECE];

void talk_may_lose(enum plan_loss loss) {
    allowed = loss;
}

static bool may_lose(const struct talk *talk) {
    return allowed >= PLAN_ANY || (allowed == PLAN_BLOCKED && talk->blocks);
}

static void lost(struct talk *talk, const char *how) {
    CHECK_SAY(may_lose(talk), "connection %llu: %s after %llu bytes sent and %llu received",
              (unsigned long long)talk->seed, how, (unsigned long long)talk->sent, (unsigned long long)talk->received);
    talk_close(talk);
}

/* Returns the events that hold, 0 when none does within ms. */
static short wait_for(const struct talk *talk, short events, int ms) {
    struct pollfd wait = {.fd = talk->fd, .events = events};
    int ready;
    do
        ready = poll(&wait, 1, ms);
    while (ready == -1 && errno == EINTR);
    CHECK_FD(ready);
    return ready == 1 ? wait.revents : 0;
}

static short wait_long(const struct talk *talk, short events) {
    short ready = wait_for(talk, events, check_scaled(ANSWER_MS));
    CHECK_SAY(ready, "connection %llu: no answer; %llu bytes sent, %llu received", (unsigned long long)talk->seed,
              (unsigned long long)talk->sent, (unsigned long long)talk->received);
    return ready;
}

struct talk talk_open(uint16_t port, uint64_t seed, int receive_buffer) {
    struct sockaddr_in address = net_address(port);
    struct talk talk = {.fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), .seed = seed};
    if (receive_buffer > 0)
        CHECK_FD(setsockopt(talk.fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer));
    CHECK_FD(connect(talk.fd, (struct sockaddr *)&address, sizeof address));
    net_nonblocking(talk.fd);
    return talk;
}

/* What can be read now. Returns false when the connection is lost. */
static bool take(struct talk *talk) {
    ssize_t got = recv(talk->fd, piece, sizeof piece, 0);
    if (got == -1 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0) {
        lost(talk, got == 0 ? "ended" : strerror(errno));
        return false;
    }
    CHECK_SAY(talk->received + (uint64_t)got <= talk->sent, "more bytes came back than were sent");
    pattern_check(talk->seed, talk->received, piece, (size_t)got);
    talk->received += (uint64_t)got;
    return true;
}

/* What fits now, at most `size` bytes. Returns how many, 0 also when the connection is lost. */
static size_t give(struct talk *talk, size_t size) {
    size_t now = size < PIECE ? size : PIECE;
    pattern_fill(talk->seed, talk->sent, piece, now);
    ssize_t sent = send(talk->fd, piece, now, MSG_NOSIGNAL);
    if (sent == -1 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (sent == -1) {
        lost(talk, strerror(errno));
        return 0;
    }
    talk->sent += (uint64_t)sent;
    return (size_t)sent;
}

void talk_send(struct talk *talk, size_t size, bool both) {
    while (talk->fd != -1 && size > 0) {
        short ready = wait_long(talk, (short)(both ? POLLIN | POLLOUT : POLLOUT));
        if (both && (ready & POLLIN) && !take(talk))
            return;
        if (ready & (POLLOUT | POLLERR | POLLHUP))
            size -= give(talk, size);
    }
}

void talk_fill(struct talk *talk, size_t most) {
    talk->blocks = true;
    while (talk->fd != -1 && most > 0 && wait_for(talk, POLLOUT, FULL_MS))
        most -= give(talk, most);
}

void talk_receive(struct talk *talk) {
    while (talk->fd != -1 && talk->received < talk->sent) {
        wait_long(talk, POLLIN);
        if (!take(talk))
            return;
    }
}

void talk_end(struct talk *talk) {
    if (talk->fd == -1)
        return;
    CHECK(shutdown(talk->fd, SHUT_WR) == 0 || may_lose(talk));
    talk_receive(talk);
    if (talk->fd == -1)
        return;
    wait_long(talk, POLLIN);
    ssize_t got = recv(talk->fd, piece, 1, 0);
    CHECK_SAY(got <= 0, "a byte too many came back");
    if (got == -1)
        lost(talk, strerror(errno));
    talk_close(talk);
}

void talk_close(struct talk *talk) {
    if (talk->fd != -1)
        net_close(talk->fd);
    talk->fd = -1;
}

void talk_reset(struct talk *talk) {
    if (talk->fd != -1)
        net_reset(talk->fd);
    talk->fd = -1;
}

bool talk_put(struct talk *talk, const void *bytes, size_t size) {
    const char *next = bytes;
    while (talk->fd != -1 && size > 0) {
        wait_long(talk, POLLOUT);
        ssize_t sent = send(talk->fd, next, size, MSG_NOSIGNAL);
        if (sent == -1 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (sent == -1) {
            lost(talk, strerror(errno));
            break;
        }
        next += sent;
        size -= (size_t)sent;
        talk->sent += (uint64_t)sent;
    }
    return talk->fd != -1;
}

bool talk_get(struct talk *talk, const void *bytes, size_t size) {
    const char *next = bytes;
    while (talk->fd != -1 && size > 0) {
        wait_long(talk, POLLIN);
        ssize_t got = recv(talk->fd, piece, size < PIECE ? size : PIECE, 0);
        if (got == -1 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got <= 0) {
            lost(talk, got == 0 ? "ended" : strerror(errno));
            break;
        }
        CHECK_SAY(memcmp(piece, next, (size_t)got) == 0,
                  "connection %llu: wrong bytes in the answer, from byte %llu on", (unsigned long long)talk->seed,
                  (unsigned long long)talk->received);
        next += got;
        size -= (size_t)got;
        talk->received += (uint64_t)got;
    }
    return talk->fd != -1;
}
