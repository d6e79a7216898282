/* Signal events (libevent writes to a socketpair from the handler), timers alone, in crowds and with a common timeout.
 */
#include "check.h"
#include "event_loop.h"

#include <signal.h>
#include <unistd.h>

enum { CROWD = 200 };

static unsigned signals, timers;
static bool done;
static double last_ms;

static void on_signal(evutil_socket_t number, short what, void *arg) {
    (void)arg;
    CHECK_INT(number, SIGUSR1);
    CHECK_INT(what, EV_SIGNAL);
    signals++;
    done = true;
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    CHECK_INT(fd, -1);
    CHECK_INT(what, EV_TIMEOUT);
    double due = *(double *)arg, now = check_now_ms();
    /* libevent's default clock is the coarse one: a tick of at most 10 ms. */
    CHECK_SAY(now > due - 12, "a timer was %.1f ms early", due - now);
    last_ms = now;
    done = ++timers == CROWD;
}

static void raise_some(struct event_base *base) {
    struct event *event = evsignal_new(base, SIGUSR1, on_signal, NULL);
    CHECK(event);
    CHECK_INT(event_add(event, NULL), 0);
    unsigned before = signals;
    for (unsigned i = 1; i <= 5; i++) {
        done = false;
        CHECK_FD(kill(getpid(), SIGUSR1));
        evl_run_until(base, &done);
        CHECK_INT(signals, before + i);
    }
    event_free(event);
}

static void crowd(struct event_base *base) {
    static struct event *event[CROWD];
    static double due[CROWD];
    double start = check_now_ms();
    done = false;
    for (int i = 0; i < CROWD; i++) {
        int ms = 5 + i * 7 % 40;
        struct timeval time = {0, ms * 1000};
        const struct timeval *common = i & 1 ? event_base_init_common_timeout(base, &time) : &time;
        due[i] = start + ms;
        event[i] = evtimer_new(base, on_timer, &due[i]);
        CHECK(event[i]);
        CHECK_INT(event_add(event[i], common), 0);
    }
    evl_run_until(base, &done);
    CHECK_SAY(last_ms - start < 45 + check_scaled(500), "the last timer came after %.0f ms", last_ms - start);
    for (int i = 0; i < CROWD; i++)
        event_free(event[i]);
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    raise_some(base);
    crowd(base);
    raise_some(base);
    evl_end(base);
    return check_passed();
}
