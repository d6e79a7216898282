/* timerfd, signalfd, eventfd and inotify under epoll. A periodic timerfd that nobody reads fires once on a multishot
 * poll; under level triggering it is reported in every wait, under EPOLLET once after each read. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void periodic_timer(int ep) {
    int fd = CHECK_FD(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    struct itimerspec every = {.it_value.tv_nsec = 5000000, .it_interval.tv_nsec = 5000000};
    CHECK_FD(timerfd_settime(fd, 0, &every, NULL));
    epl_add(ep, fd, EPOLLIN);
    for (int i = 0; i < 4; i++) {
        EPL_EXPECT(ep, fd, EPOLLIN);
        EPL_EXPECT(ep, fd, EPOLLIN);
        uint64_t expirations;
        CHECK_INT(read(fd, &expirations, sizeof expirations), sizeof expirations);
        CHECK(expirations >= 1);
    }
    epl_modify(ep, fd, EPOLLIN | EPOLLET);
    for (int i = 0; i < 4; i++) {
        uint64_t expirations;
        EPL_EXPECT(ep, fd, EPOLLIN);
        EPL_NOTHING(ep, 12);
        CHECK_INT(read(fd, &expirations, sizeof expirations), sizeof expirations);
    }
    struct itimerspec off = {.it_value.tv_nsec = 0};
    CHECK_FD(timerfd_settime(fd, 0, &off, NULL));
    net_close(fd);
    EPL_NOTHING(ep, 10);
}

static void signals(int ep) {
    sigset_t usr2;
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    CHECK_FD(sigprocmask(SIG_BLOCK, &usr2, NULL));
    int fd = CHECK_FD(signalfd(-1, &usr2, SFD_NONBLOCK | SFD_CLOEXEC));
    epl_add(ep, fd, EPOLLIN);
    EPL_NOTHING(ep, 2);
    CHECK_FD(kill(getpid(), SIGUSR2));
    EPL_EXPECT(ep, fd, EPOLLIN);
    struct signalfd_siginfo info;
    CHECK_INT(read(fd, &info, sizeof info), sizeof info);
    CHECK_INT(info.ssi_signo, SIGUSR2);
    EPL_NOTHING(ep, 2);
    net_close(fd);
}

static void event_counters(int ep) {
    int fd = CHECK_FD(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    uint64_t one = 1, most = UINT64_MAX - 1;
    epl_add(ep, fd, EPOLLIN | EPOLLOUT | EPOLLET);
    EPL_EXPECT(ep, fd, EPOLLOUT);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(write(fd, &one, sizeof one), sizeof one);
        EPL_EXPECT(ep, fd, EPOLLIN | EPOLLOUT);
    }
    EPL_NOTHING(ep, 2);
    CHECK_INT(read(fd, &one, sizeof one), sizeof one);
    CHECK_INT(one, 3);
    epl_modify(ep, fd, EPOLLIN | EPOLLOUT);
    CHECK_INT(write(fd, &most, sizeof most), sizeof most);
    EPL_EXPECT(ep, fd, EPOLLIN);
    net_close(fd);
}

static void watched_directory(int ep) {
    char directory[] = "/tmp/ringback-test-XXXXXX", path[64], bytes[1024];
    CHECK(mkdtemp(directory));
    int fd = CHECK_FD(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    CHECK_FD(inotify_add_watch(fd, directory, IN_CREATE));
    epl_add(ep, fd, EPOLLIN);
    EPL_NOTHING(ep, 2);
    snprintf(path, sizeof path, "%s/new", directory);
    net_close(CHECK_FD(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)));
    EPL_EXPECT(ep, fd, EPOLLIN);
    CHECK(read(fd, bytes, sizeof bytes) > 0);
    EPL_NOTHING(ep, 2);
    CHECK_FD(unlink(path));
    CHECK_FD(rmdir(directory));
    net_close(fd);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    periodic_timer(ep);
    signals(ep);
    event_counters(ep);
    watched_directory(ep);
    net_close(ep);
    return check_passed();
}
