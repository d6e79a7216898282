/* Programs built with _FORTIFY_SOURCE call __read_chk and its like instead of read: what was received ahead must be
 * seen by these, too, and a buffer that is too small must end the program, as it does. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Part of libc's binary interface; the compiler puts them in for the plain names. */
extern ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
extern ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags);
extern ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags, struct sockaddr *address,
                              socklen_t *length);
extern int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);
extern int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t room);

static int ep, ours, peer;

/* Several turns: what a ring would receive ahead, it has received now. */
static void arrive(const char *text) {
    net_send_text(peer, text);
    for (int i = 0; i < 3; i++)
        EPL_EXPECT(ep, ours, EPOLLIN);
}

static void same_answers(void) {
    char bytes[8];
    struct pollfd wait = {.fd = ours, .events = POLLIN};
    struct timespec now = {0, 0};
    arrive("abcde");
    CHECK_INT(__poll_chk(&wait, 1, 0, sizeof wait), 1);
    CHECK_INT(wait.revents, POLLIN);
    CHECK_INT(__ppoll_chk(&wait, 1, &now, NULL, sizeof wait), 1);
    CHECK_INT(__recv_chk(ours, bytes, 8, sizeof bytes, MSG_PEEK), 5);
    CHECK_INT(__read_chk(ours, bytes, 1, sizeof bytes), 1);
    CHECK_INT(bytes[0], 'a');
    CHECK_INT(__recv_chk(ours, bytes, 1, sizeof bytes, 0), 1);
    CHECK_INT(bytes[0], 'b');
    CHECK_INT(__recvfrom_chk(ours, bytes, 1, sizeof bytes, 0, NULL, NULL), 1);
    CHECK_INT(bytes[0], 'c');
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "de");
    CHECK_ERRNO(__read_chk(ours, bytes, 8, sizeof bytes), EAGAIN);
    CHECK_INT(__poll_chk(&wait, 1, 0, sizeof wait), 0);
    EPL_NOTHING(ep, 1);
}

static _Noreturn void overrun(int which) {
    char bytes[8];
    struct pollfd wait = {.fd = ours, .events = POLLIN};
    check_child(10);
    close(STDERR_FILENO); /* libc says what happened, and a sanitizer would say it at length */
    signal(SIGABRT, SIG_DFL);
    if (which == 0)
        __read_chk(ours, bytes, 9, sizeof bytes);
    if (which == 1)
        __recv_chk(ours, bytes, 9, sizeof bytes, 0);
    if (which == 2)
        __recvfrom_chk(ours, bytes, 9, sizeof bytes, 0, NULL, NULL);
    if (which == 3)
        __poll_chk(&wait, 2, 0, sizeof wait);
    if (which == 4)
        __ppoll_chk(&wait, 2, NULL, NULL, sizeof wait);
    _exit(0);
}

int main(void) {
    check_begin(10);
    ep = epl_create();
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    for (int i = 0; i < 3; i++)
        same_answers();
    for (int which = 0; which < 5; which++) {
        int status;
        pid_t child = CHECK_FD(fork());
        if (child == 0)
            overrun(which);
        CHECK_INT(waitpid(child, &status, 0), child);
        CHECK_SAY(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "overrun %d was let through: status %d", which,
                  status);
    }
    same_answers();
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
