/* An accept that stays armed ends with EMFILE. The program is told so when it accepts, as often as it is true; and when
 * there is room again, every client that has waited is accepted, and nobody else's number was taken. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 12, ROOM = 4, LIMIT = 640 };

static int ep, listener, client[CLIENTS], served[CLIENTS];
static int filler[LIMIT], fillers;

/* Numbers from 0 on are taken until ROOM are left below the limit. */
static void leave_little_room(void) {
    for (fillers = 0; (filler[fillers] = dup(STDERR_FILENO)) >= 0; fillers++)
        continue;
    CHECK_INT(errno, EMFILE);
    for (int i = 0; i < ROOM; i++)
        net_close(filler[--fillers]);
}

static void relax(void) {
    while (fillers > 0)
        net_close(filler[--fillers]);
}

static int accept_one(void) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int main(void) {
    check_begin(10);
    uint16_t port;
    struct rlimit limit;
    CHECK_FD(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = LIMIT;
    CHECK_FD(setrlimit(RLIMIT_NOFILE, &limit));
    ep = epl_create();
    listener = net_listen(&port);
    epl_add(ep, listener, EPOLLIN);
    for (int i = 0; i < 2; i++) {
        int fd = net_connect(port);
        EPL_EXPECT(ep, listener, EPOLLIN);
        net_close(CHECK_FD(accept_one()));
        EPL_NOTHING(ep, 1);
        net_close(fd);
    }
    for (int i = 0; i < CLIENTS; i++)
        client[i] = net_connect(port);
    leave_little_room();
    int count = 0;
    for (; count < ROOM; count++) {
        EPL_EXPECT(ep, listener, EPOLLIN);
        served[count] = CHECK_FD(accept_one());
    }
    for (int i = 0; i < 3; i++) {
        EPL_EXPECT(ep, listener, EPOLLIN);
        CHECK_ERRNO(accept_one(), EMFILE);
    }
    relax();
    for (; count < CLIENTS; count++) {
        EPL_EXPECT(ep, listener, EPOLLIN);
        served[count] = CHECK_FD(accept_one());
    }
    EPL_NOTHING(ep, 1);
    CHECK_ERRNO(accept_one(), EAGAIN);
    for (int i = 0; i < CLIENTS; i++) {
        net_send_text(client[i], "hello");
        net_expect_text(served[i], "hello");
        net_close(served[i]);
        net_expect_end(client[i]);
        net_close(client[i]);
    }
    net_close(listener);
    net_close(ep);
    return check_passed();
}
