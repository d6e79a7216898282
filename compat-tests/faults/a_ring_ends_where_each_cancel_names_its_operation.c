/* A loop with more descriptors than a ring takes entries is brought to rest, by fork and by its end, also where the
 * kernel has no cancel of all operations. Guards against waiting for ever for operations of which the kernel,
 * before 5.19, has taken none back. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 600 };

int main(void) {
    static int fd[MANY];
    const char *masked = getenv("RINGBACK_DISABLE");
    const uint64_t one = 1;
    check_begin(10);
    int ep = epl_create();
    for (int i = 0; i < MANY; i++) {
        fd[i] = CHECK_FD(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        epl_add(ep, fd[i], EPOLLIN);
    }
    EPL_NOTHING(ep, 1);
    pid_t child = CHECK_FD(fork());
    if (child == 0)
        _exit(0);
    check_child_passed(child);
    /* Without this the run would prove nothing. */
    if (check_has_ringback() && masked && strstr(masked, "cancel_any"))
        CHECK_SAY(check_counter("cancels") >= MANY, "only %llu cancels", (unsigned long long)check_counter("cancels"));
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(write(fd[i], &one, sizeof one), sizeof one);
        EPL_EXPECT(ep, fd[i], EPOLLIN);
        epl_delete(ep, fd[i]);
        net_close(fd[i]);
    }
    net_close(ep);
    return check_passed();
}
