/* The dynamic linker runs the constructors of a program's libraries in an order of its own, so that they may call libc
 * before Ringback has looked anything up. Here the calls are made before any constructor at all; and an epoll instance
 * that was made then works ever after. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int early_ep = -1, early[2] = {-1, -1};
static const char *failed = "the early calls were never made";

/* CHECK ends the program by way of libc; here the first thing that goes wrong is only noted. */
#define EARLY(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            failed = #condition;                                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

static void descriptors(void) {
    char bytes[8];
    int end[2], copy;
    EARLY(pipe2(end, O_CLOEXEC) == 0);
    EARLY(write(end[1], "ab", 2) == 2 && read(end[0], bytes, 2) == 2 && memcmp(bytes, "ab", 2) == 0);
    EARLY((copy = dup(end[1])) >= 0 && dup2(end[1], copy) == copy && dup2(copy, copy) == copy);
    EARLY(close(copy) == 0 && syscall(SYS_close, end[1]) == 0);
    EARLY(fcntl(end[0], F_GETFD) == FD_CLOEXEC);
    EARLY(close_range((unsigned)end[0], (unsigned)end[0], 0) == 0);
}

static void sockets(void) {
    char bytes[8];
    int end[2], waiting = 0;
    EARLY(socketpair(AF_UNIX, SOCK_STREAM, 0, end) == 0);
    EARLY(send(end[1], "cd", 2, MSG_NOSIGNAL) == 2);
    EARLY(ioctl(end[0], FIONREAD, &waiting) == 0 && waiting == 2);
    struct pollfd wait = {.fd = end[0], .events = POLLIN};
    EARLY(poll(&wait, 1, 0) == 1);
    EARLY(recv(end[0], bytes, 8, 0) == 2);
    EARLY(shutdown(end[1], SHUT_WR) == 0 && read(end[0], bytes, 1) == 0);
    EARLY(close(end[0]) == 0 && close(end[1]) == 0);
}

static void stdio(void) {
    char line[8];
    int end[2];
    EARLY(pipe(end) == 0);
    FILE *in = fdopen(end[0], "r"), *out = fdopen(end[1], "w");
    EARLY(in && out);
    EARLY(fputs("ef\n", out) >= 0 && fclose(out) == 0);
    EARLY(fgets(line, sizeof line, in) && fclose(in) == 0);
}

static void loops(void) {
    struct epoll_event event = {.events = EPOLLIN};
    EARLY(pipe2(early, O_CLOEXEC | O_NONBLOCK) == 0);
    EARLY((early_ep = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    event.data.fd = early[0];
    EARLY(epoll_ctl(early_ep, EPOLL_CTL_ADD, early[0], &event) == 0);
    EARLY(epoll_wait(early_ep, &event, 1, 0) == 0);
    EARLY(write(early[1], "g", 1) == 1 && epoll_pwait(early_ep, &event, 1, 1000, NULL) == 1);
}

static void before_all(void) {
    failed = NULL;
    descriptors();
    if (!failed)
        sockets();
    if (!failed)
        stdio();
    if (!failed)
        loops();
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = before_all;

int main(void) {
    CHECK_SAY(!failed, "before the constructors: not true: %s", failed);
    EPL_EXPECT(early_ep, early[0], EPOLLIN);
    net_expect_text(early[0], "g");
    EPL_NOTHING(early_ep, 1);
    CHECK_INT(write(early[1], "h", 1), 1);
    EPL_EXPECT(early_ep, early[0], EPOLLIN);
    net_close(early_ep);
    net_close(early[0]);
    net_close(early[1]);

    check_begin(10);
    int ep = epl_create(), ours, peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
