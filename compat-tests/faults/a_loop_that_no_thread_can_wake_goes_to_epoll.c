/* Another thread's epoll_ctl ends the wait of a loop's owner, also where no descriptor is free for what wakes it.
 * Guards against an owner that sleeps on because its eventfd could not be made. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LATER_MS = 100 };

static int ep, ends[2];

static void *add_later(void *unused) {
    (void)unused;
    check_sleep_ms(LATER_MS);
    epl_add(ep, ends[0], EPOLLIN);
    return NULL;
}

/* No number is free below the limit then; what is open above it stays so. Returns the limit of before. */
static rlim_t set_limit(rlim_t most) {
    struct rlimit limit;
    CHECK_FD(getrlimit(RLIMIT_NOFILE, &limit));
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = most;
    CHECK_FD(setrlimit(RLIMIT_NOFILE, &limit));
    return before;
}

int main(void) {
    int other[2];
    pthread_t thread;
    check_begin(10);
    net_pipe(ends);
    net_pipe(other);
    CHECK_INT(write(ends[1], "x", 1), 1);
    ep = epl_create();
    epl_add(ep, other[0], EPOLLIN);
    EPL_NOTHING(ep, 10); /* from here on it has its ring */
    int free_number = CHECK_FD(open("/dev/null", O_RDONLY | O_CLOEXEC));
    net_close(free_number);
    rlim_t before = set_limit((rlim_t)free_number);
    CHECK_INT(pthread_create(&thread, NULL, add_later, NULL), 0);
    EPL_EXPECT(ep, ends[0], EPOLLIN);
    CHECK_INT(pthread_join(thread, NULL), 0);
    set_limit(before);
    net_close(ep);
    for (int i = 0; i < 2; i++) {
        net_close(ends[i]);
        net_close(other[i]);
    }
    return check_passed();
}
