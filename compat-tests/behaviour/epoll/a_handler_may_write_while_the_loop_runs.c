/* Both libraries write to a pipe or a socket pair from their signal handlers, at any instant: within a wait, an
 * epoll_ctl, a read. What no loop watches must be reached without a lock that the interrupted thread may hold. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { SIGNALS = 150 };

static int told[2];
static volatile sig_atomic_t signals;

static void tell(int number) {
    int error = errno;
    (void)number;
    if (write(told[1], "s", 1) == 1)
        signals++;
    errno = error;
}

static int wait_uninterrupted(int ep, struct epoll_event *event, int room) {
    int count;
    do
        count = epoll_wait(ep, event, room, 1000);
    while (count == -1 && errno == EINTR);
    return CHECK_FD(count);
}

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours, peer, heard = 0;
    net_tcp_pair(&ours, &peer);
    net_pipe(told);
    epl_add(ep, ours, EPOLLIN);
    epl_add(ep, told[0], EPOLLIN);
    struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};
    struct itimerval every = {.it_value.tv_usec = 300, .it_interval.tv_usec = 300}, never = {.it_value.tv_usec = 0};
    CHECK_FD(sigaction(SIGVTALRM, &action, NULL));
    CHECK_FD(sigaction(SIGPROF, &action, NULL));
    CHECK_FD(setitimer(ITIMER_PROF, &every, NULL));
    CHECK_FD(setitimer(ITIMER_VIRTUAL, &every, NULL));
    while (heard < SIGNALS) {
        char bytes[64];
        struct epoll_event event[4];
        net_send_text(peer, "x");
        for (int i = 0; i < 4; i++)
            epl_modify(ep, ours, i & 1 ? EPOLLIN : EPOLLIN | EPOLLRDHUP);
        int count = wait_uninterrupted(ep, event, 4);
        for (int i = 0; i < count; i++) {
            ssize_t got = read(event[i].data.fd, bytes, sizeof bytes);
            CHECK(got > 0 || errno == EAGAIN);
            if (event[i].data.fd == told[0] && got > 0)
                heard += (int)got;
        }
    }
    CHECK_FD(setitimer(ITIMER_PROF, &never, NULL));
    CHECK_FD(setitimer(ITIMER_VIRTUAL, &never, NULL));
    CHECK(signals >= SIGNALS);
    net_close(told[0]);
    net_close(told[1]);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
