/* A pseudo terminal: input, output room, and the hangup when the other side is closed. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

int main(void) {
    check_begin(10);
    int ep = epl_create();
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0)
        check_skip("no pseudo terminals here");
    CHECK_FD(grantpt(master));
    CHECK_FD(unlockpt(master));
    int terminal = CHECK_FD(open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    struct termios raw;
    CHECK_FD(tcgetattr(terminal, &raw));
    cfmakeraw(&raw);
    CHECK_FD(tcsetattr(terminal, TCSANOW, &raw));
    epl_add(ep, master, EPOLLIN);
    EPL_NOTHING(ep, 1);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(write(terminal, "typed", 5), 5);
        EPL_EXPECT(ep, master, EPOLLIN);
        EPL_EXPECT(ep, master, EPOLLIN);
        net_expect_text(master, "typed");
        EPL_NOTHING(ep, 1);
    }
    epl_modify(ep, master, EPOLLIN | EPOLLOUT);
    EPL_EXPECT(ep, master, EPOLLOUT);
    epl_modify(ep, master, EPOLLIN);
    net_close(terminal);
    EPL_EXPECT(ep, master, EPOLLHUP);
    EPL_EXPECT(ep, master, EPOLLHUP);
    char byte;
    CHECK_ERRNO(read(master, &byte, 1), EIO);
    net_close(master);
    EPL_NOTHING(ep, 1);
    net_close(ep);
    return check_passed();
}
