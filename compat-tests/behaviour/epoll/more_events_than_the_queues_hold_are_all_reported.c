/* Thousands of descriptors added in one turn are more than a submission queue holds; all ready at once, and again, they
 * are more than a completion queue holds, and an overflow ends the operations that stay armed. Every event is reported,
 * by level and by edge, turn after turn. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CROWD = 6000, ROUNDS = 3, ROOM = 512, FIRST = 512 };

static int fd[CROWD];
static bool seen[CROWD];

static void open_all(int ep, uint32_t events) {
    struct rlimit limit;
    CHECK_FD(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = CROWD + 2 * FIRST;
    if (limit.rlim_max < limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        check_skip("not allowed to open so many descriptors");
    for (int i = 0; i < CROWD; i++) {
        fd[i] = CHECK_FD(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        struct epoll_event event = {.events = events, .data.u64 = (uint64_t)i};
        CHECK_FD(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &event));
    }
}

/* Each is reported exactly once and read then. */
static void expect_all(int ep) {
    static struct epoll_event event[ROOM];
    uint64_t value;
    for (int i = 0; i < CROWD; i++)
        seen[i] = false;
    for (int left = CROWD; left > 0;) {
        int count = CHECK_FD(epoll_wait(ep, event, ROOM, 2000));
        CHECK_SAY(count > 0, "%d events are missing", left);
        for (int i = 0; i < count; i++) {
            uint64_t which = event[i].data.u64;
            CHECK(which < CROWD);
            CHECK_SAY(!seen[which], "descriptor %d is reported again after it was read", fd[which]);
            CHECK_INT(event[i].events, EPOLLIN);
            CHECK_INT(read(fd[which], &value, sizeof value), sizeof value);
            seen[which] = true;
            left--;
        }
    }
    EPL_NOTHING(ep, 1);
}

static void crowd(uint32_t events) {
    uint64_t one = 1;
    int ep = epl_create();
    open_all(ep, events);
    EPL_NOTHING(ep, 1);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CROWD; i++)
            CHECK_INT(write(fd[i], &one, sizeof one), sizeof one);
        expect_all(ep);
    }
    for (int i = 0; i < CROWD; i++)
        net_close(fd[i]);
    net_close(ep);
}

int main(void) {
    check_begin(20);
    crowd(EPOLLIN);
    crowd(EPOLLIN | EPOLLET);
    return check_passed();
}
