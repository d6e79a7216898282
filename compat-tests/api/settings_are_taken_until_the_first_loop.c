/* Guards: a setting that is taken too late and half, one that outdoes its user's, a refusal that leaves something
 * behind.
 *
 * Each case is a process of its own that starts afresh, for what is configured stays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "ringback.h"
#include "uv_loop.h"

/* What carries a loop that is made and waits now, the only one. */
static int carrier_of_a_new_loop(void) {
    uv_loop_t loop;
    int carrier, epfd = -1;

    CHECK_UV(uv_loop_init(&loop));
    uvl_run_for(&loop, 1);
    CHECK(ringback_loops(&epfd, 1) <= 1);
    carrier = ringback_carrier(epfd);
    uvl_end(&loop);
    return carrier;
}

static void nonsense_is_refused(void) {
    char endless[400];

    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    errno = ENOTTY;
    CHECK_INT(ringback_configure("RINGBACK_STREAMZ", "off"), -EINVAL);
    CHECK_INT(ringback_configure("PATH", "off"), -EINVAL);
    CHECK_INT(ringback_configure("RINGBACK_STREAMS", "sometimes"), -EINVAL);
    CHECK_INT(ringback_configure("RINGBACK_SPIN_US", "-1"), -EINVAL);
    CHECK_INT(ringback_configure("RINGBACK_DISABLE", endless), -EINVAL);
    CHECK_INT(errno, ENOTTY);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_RING);
}

static void a_loop_makes_it_too_late(void) {
    CHECK_INT(ringback_configure("RINGBACK_STREAMS", "auto"), 0);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_RING);
    CHECK_INT(ringback_configure("RINGBACK", "off"), -EBUSY);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_RING);
}

static void it_can_be_turned_off(void) {
    CHECK_INT(ringback_configure("RINGBACK", "off"), 0);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_NONE);
    CHECK(strcmp(ringback_why(-1), "RINGBACK=off") == 0);
    /* No loop that Ringback knows was made. */
    CHECK_INT(ringback_configure("RINGBACK", NULL), 0);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_RING);
}

static void what_is_demanded_and_missing_is_not_taken(void) {
    CHECK_INT(ringback_configure("RINGBACK_DISABLE", "io_uring"), 0);
    CHECK_INT(ringback_configure("RINGBACK", "require"), -ENOTSUP);
    CHECK_INT(ringback_configure("RINGBACK_ZEROCOPY", "force"), -ENOTSUP);
    CHECK_INT(ringback_configure("RINGBACK_DISABLE", ""), -EBUSY);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_EPOLL);
    CHECK(strstr(ringback_why(-1), "RINGBACK_DISABLE") != NULL);
}

static void the_user_has_the_last_word(void) {
    CHECK_INT(ringback_configure("RINGBACK", "on"), 0);
    CHECK_INT(ringback_configure("RINGBACK", "require"), 0);
    CHECK_INT(carrier_of_a_new_loop(), RINGBACK_CARRIER_NONE);
}

static const struct {
    const char *name;
    void (*run)(void);
    const char *user; /* RINGBACK */
} cases[] = {
    {"nonsense", nonsense_is_refused, NULL},     {"late", a_loop_makes_it_too_late, NULL},
    {"off", it_can_be_turned_off, NULL},         {"missing", what_is_demanded_and_missing_is_not_taken, NULL},
    {"user", the_user_has_the_last_word, "off"},
};

enum { CASES = sizeof cases / sizeof cases[0] };

int main(int argc, char **argv) {
    check_begin(20);
    check_expect_any();
    for (unsigned i = 0; i < CASES; i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return check_passed();
        }
    }
    CHECK_INT(argc, 1);
    for (unsigned i = 0; i < CASES; i++) {
        pid_t child = CHECK_FD(fork());

        if (child == 0) {
            if (cases[i].user)
                setenv("RINGBACK", cases[i].user, 1);
            execl(argv[0], argv[0], cases[i].name, (char *)NULL);
            _exit(127);
        }
        check_child_passed(child);
    }
    return check_passed();
}
