/* A server is killed, by a signal that it can handle or by the one that it cannot. When waitpid has told, its ports can
 * be bound again: whoever restarts servers relies on it. An operation that the kernel has in hand keeps its socket open
 * for some milliseconds more. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How far the server has come: nobody has connected yet, or it has accepted. */
enum stage { FRESH, BUSY, STAGES };

static int udp_socket(void) {
    struct sockaddr_in address = net_address(0);
    int fd = CHECK_FD(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

    CHECK_FD(bind(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

static bool can_be_bound(int type, uint16_t port) {
    struct sockaddr_in address = net_address(port);
    int fd = CHECK_FD(socket(AF_INET, type | SOCK_CLOEXEC, 0)), on = 1;

    if (type == SOCK_STREAM)
        CHECK_FD(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    bool done =
        bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && (type != SOCK_STREAM || listen(fd, 1) == 0);
    CHECK(done || errno == EADDRINUSE);
    net_close(fd);
    return done;
}

static _Noreturn void serve(int listener, int datagrams, int ready, enum stage stage) {
    check_child(10);
    int ep = epl_create();
    epl_add(ep, listener, EPOLLIN);
    if (stage == BUSY) {
        EPL_EXPECT(ep, listener, EPOLLIN);
        CHECK_FD(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }
    epl_add(ep, datagrams, EPOLLIN);
    EPL_NOTHING(ep, 1);
    CHECK_INT(write(ready, "r", 1), 1);
    for (;;)
        EPL_NOTHING(ep, 1000);
}

/* Returns whether both ports were free afterwards. */
static bool kill_one(int signal, enum stage stage) {
    uint16_t port, udp_port;
    int listener = net_listen(&port), datagrams = udp_socket(), ready[2], client = -1, status;

    udp_port = net_port(datagrams);
    CHECK_FD(pipe(ready));
    pid_t child = CHECK_FD(fork());
    if (child == 0)
        serve(listener, datagrams, ready[1], stage);
    net_close(listener);
    net_close(datagrams);
    net_close(ready[1]);
    if (stage == BUSY)
        client = net_connect(port);
    net_expect_text(ready[0], "r");
    net_close(ready[0]);
    check_sleep_ms(2); /* it waits now, most likely */
    CHECK_FD(kill(child, signal));
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));

    bool free = can_be_bound(SOCK_STREAM, port) && can_be_bound(SOCK_DGRAM, udp_port);
    if (client >= 0)
        net_close(client);
    return free;
}

/* Some other process may have got such a port meanwhile, but not twice. */
static void expect_free_ports(int signal, enum stage stage) {
    CHECK_SAY(kill_one(signal, stage) || kill_one(signal, stage), "a port is still taken");
}

int main(void) {
    enum { FUTEX_WAIT_CALL = 455 };

    check_begin(10);
    check_expect_any();
    /* The kernel that brought this system call brought what ends the operations in time. */
    if (check_has_ringback() && syscall(FUTEX_WAIT_CALL, NULL, 0, 0, 0, NULL, 0) == -1 && errno == ENOSYS)
        check_skip("this kernel frees the ports of a ring late");
    for (int round = 0; round < 3; round++)
        for (enum stage stage = 0; stage < STAGES; stage++) {
            expect_free_ports(SIGTERM, stage);
            expect_free_ports(SIGKILL, stage);
        }
    return check_passed();
}
