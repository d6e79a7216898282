/* A descriptor may be closed by what no hook sees: a system call that a program makes itself, or another io_uring. The
 * next descriptor of the number can be added, has only its own events, and lets go of the one before. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long close_unseen(int fd) {
    long result;
#if defined(__x86_64__)
    __asm__ volatile("syscall" : "=a"(result) : "a"((long)SYS_close), "D"((long)fd) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_close;
    register long first __asm__("x0") = fd;
    __asm__ volatile("svc 0" : "+r"(first) : "r"(number) : "memory");
    result = first;
#else
    (void)fd;
    check_skip("no system call by hand for this processor");
    result = -1;
#endif
    return result;
}

static void reuse(int ep, bool heard, bool ready_before) {
    int ours, peer, next, next_peer;
    net_tcp_pair(&ours, &peer);
    epl_add(ep, ours, EPOLLIN);
    if (heard) {
        net_send_text(peer, "x");
        EPL_EXPECT(ep, ours, EPOLLIN);
        net_expect_text(ours, "x");
    }
    EPL_NOTHING(ep, 1);
    net_unix_pair(&next, &next_peer);
    if (ready_before)
        net_send_text(next_peer, "new");
    CHECK_INT(close_unseen(ours), 0);
    CHECK_INT(fcntl(next, F_DUPFD_CLOEXEC, ours), ours);
    net_close(next);
    epl_add(ep, ours, EPOLLIN);
    if (!ready_before) {
        EPL_NOTHING(ep, 2);
        net_send_text(next_peer, "new");
    }
    EPL_EXPECT(ep, ours, EPOLLIN);
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "new");
    EPL_NOTHING(ep, 1);
    CHECK_SAY(net_readable(peer, check_scaled(1000)), "the old socket lives on behind the number");
    net_expect_end(peer);
    net_close(peer);
    net_close(ours);
    net_close(next_peer);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    for (int i = 0; i < 4; i++)
        reuse(ep, i & 1, i & 2);
    net_close(ep);
    return check_passed();
}
