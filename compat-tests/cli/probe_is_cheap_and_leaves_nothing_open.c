/* Guards: a probe that slows every start of a program, leaks a descriptor, or changes what the program can see. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "caps.h"
#include "check.h"

enum { RUNS = 41, LIMIT_MS = 1 };

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void cost_is_below_a_millisecond(void) {
    static struct rb_caps caps;
    double took[RUNS];

    for (unsigned i = 0; i < RUNS; i++) {
        double start = check_now_ms();
        rb_caps_probe(&caps, 0);
        took[i] = check_now_ms() - start;
        check_sleep_ms(2); /* the kernel takes a ring apart in the background */
    }
    qsort(took, RUNS, sizeof(took[0]), by_size);
    CHECK_SAY(took[RUNS / 2] < check_scaled(LIMIT_MS), "a probe takes %.3f ms", took[RUNS / 2]);
}

static void limits_are_told(void) {
    static struct rb_caps caps;
    struct rlimit old, low;
    int next = CHECK_FD(open("/dev/null", O_RDONLY));

    close(next);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (unsigned room = 0; room < 4; room++) {
        low = (struct rlimit){(rlim_t)next + room, old.rlim_max};
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
        rb_caps_probe(&caps, 0);
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
        if (room == 0)
            CHECK_SAY(strstr(caps.why[RB_CAP_IO_URING], "ulimit -n") != NULL, "%s", caps.why[RB_CAP_IO_URING]);
        if (room == 1)
            CHECK_SAY(strstr(caps.why[RB_CAP_BUFFER_RING], "ulimit -n") != NULL, "%s", caps.why[RB_CAP_BUFFER_RING]);
        CHECK_INT(caps.have[RB_CAP_IO_URING], room > 0);
        CHECK_INT(caps.have[RB_CAP_ACCEPT_MULTISHOT], room > 2);
    }
}

static void signals_stay_as_they_were(void) {
    static struct rb_caps caps;
    sigset_t before, after;

    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    CHECK_INT(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    rb_caps_probe(&caps, 0);
    CHECK_INT(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    CHECK_INT(sigismember(&after, SIGUSR1), 1);
    CHECK_INT(sigismember(&after, SIGUSR2), 0);
}

int main(void) {
    static struct rb_caps caps;

    check_begin(20);
    rb_caps_probe(&caps, 0);
    if (!caps.have[RB_CAP_IO_URING])
        check_skip("io_uring cannot be used here");
    cost_is_below_a_millisecond();
    limits_are_told();
    signals_stay_as_they_were();
    return check_passed(); /* counts the descriptors */
}
