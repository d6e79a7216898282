/* Datagram sockets and pipes of packets give one message a read, so that nobody can tell from a read whether there is
 * more. Whatever is left is told at each wait, and nothing is told that was read: through hundreds of waits with one
 * message or several at a time, some left unread, other interest and other descriptors beside, numbers closed and used
 * again. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { UDP, UNIX, PACKETS, KINDS };

struct line {
    int ours, peer;
    unsigned waiting; /* messages that are not read yet */
};

static unsigned seed = 1;

static unsigned draw(unsigned below) {
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

static void open_udp(struct line *line) {
    struct sockaddr_in ours = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer = ours;
    socklen_t length = sizeof ours;
    line->ours = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    line->peer = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    CHECK_FD(bind(line->ours, (struct sockaddr *)&ours, sizeof ours));
    CHECK_FD(bind(line->peer, (struct sockaddr *)&peer, sizeof peer));
    CHECK_FD(getsockname(line->ours, (struct sockaddr *)&ours, &length));
    CHECK_FD(getsockname(line->peer, (struct sockaddr *)&peer, &length));
    CHECK_FD(connect(line->ours, (struct sockaddr *)&peer, sizeof peer));
    CHECK_FD(connect(line->peer, (struct sockaddr *)&ours, sizeof ours));
}

static void open_line(struct line *line, enum kind kind) {
    int ends[2];
    line->waiting = 0;
    if (kind == UDP) {
        open_udp(line);
        return;
    }
    if (kind == UNIX)
        CHECK_FD(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
    else
        CHECK_FD(pipe2(ends, O_DIRECT | O_NONBLOCK | O_CLOEXEC));
    line->ours = ends[0];
    line->peer = ends[1];
}

static void say(struct line *line) {
    CHECK_INT(write(line->peer, "0123456789", 10), 10);
    line->waiting++;
}

static void hear(struct line *line) {
    char text[64];
    CHECK_INT(read(line->ours, text, sizeof text), 10);
    line->waiting--;
}

static void expect(int ep, struct line *line) {
    if (line->waiting > 0)
        EPL_EXPECT(ep, line->ours, EPOLLIN);
    else
        EPL_NOTHING(ep, (int)draw(8) == 0 ? 1 : 0);
}

/* A request and its answer, over and over: never more than one is there. */
static void one_at_a_time(int ep, struct line *line) {
    for (int i = 0; i < 60; i++) {
        say(line);
        expect(ep, line);
        hear(line);
        if (i % 7 == 0)
            expect(ep, line);
    }
    expect(ep, line);
}

static void several_at_a_time(int ep, struct line *line) {
    for (int i = 0; i < 40; i++) {
        for (unsigned n = 1 + draw(4); n > 0; n--)
            say(line);
        while (line->waiting > 0) {
            expect(ep, line);
            hear(line);
        }
    }
    expect(ep, line);
}

static void some_left_unread(int ep, struct line *line) {
    for (int i = 0; i < 200; i++) {
        if (line->waiting < 4 && draw(2) == 0)
            say(line);
        expect(ep, line);
        if (line->waiting > 0 && draw(3) != 0)
            hear(line);
    }
    while (line->waiting > 0)
        hear(line);
    expect(ep, line);
}

static void interest_changes(int ep, struct line *line) {
    for (int i = 0; i < 60; i++) {
        say(line);
        expect(ep, line);
        if (draw(4) == 0) {
            epl_modify(ep, line->ours, 0);
            EPL_NOTHING(ep, 0);
            epl_modify(ep, line->ours, EPOLLIN);
            expect(ep, line);
        }
        if (draw(4) == 0) {
            epl_delete(ep, line->ours);
            epl_add(ep, line->ours, EPOLLIN);
        }
        hear(line);
        expect(ep, line);
    }
}

static void others_beside(int ep, struct line *line) {
    int other = CHECK_FD(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    uint64_t value = 1;
    epl_add(ep, other, EPOLLIN);
    for (int i = 0; i < 60; i++) {
        say(line);
        expect(ep, line);
        hear(line);
        if (draw(3) != 0)
            continue;
        CHECK_INT(write(other, &value, sizeof value), sizeof value);
        EPL_EXPECT(ep, other, EPOLLIN);
        CHECK_INT(read(other, &value, sizeof value), sizeof value);
        EPL_NOTHING(ep, 0);
    }
    net_close(other);
}

/* The number is another's, which the loop knows nothing of until it is added. */
static void number_used_again(int ep, struct line *line, enum kind kind) {
    struct line next;
    int number = line->ours;
    open_line(&next, kind);
    say(line);
    expect(ep, line);
    say(&next);
    net_close(line->ours);
    net_close(line->peer);
    CHECK_INT(CHECK_FD(fcntl(next.ours, F_DUPFD_CLOEXEC, number)), number);
    net_close(next.ours);
    next.ours = number;
    EPL_NOTHING(ep, 0);
    EPL_NOTHING(ep, 1);
    epl_add(ep, next.ours, EPOLLIN);
    expect(ep, &next);
    hear(&next);
    *line = next;
    expect(ep, line);
}

int main(void) {
    check_begin(20);
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct line line;
        int ep = epl_create();
        open_line(&line, kind);
        epl_add(ep, line.ours, EPOLLIN);
        for (int i = 0; i < 3; i++) {
            one_at_a_time(ep, &line);
            if (i == 1)
                number_used_again(ep, &line, kind);
            several_at_a_time(ep, &line);
            some_left_unread(ep, &line);
            others_beside(ep, &line);
            interest_changes(ep, &line);
            number_used_again(ep, &line, kind);
        }
        net_close(line.ours);
        net_close(line.peer);
        net_close(ep);
    }
    return check_passed();
}
