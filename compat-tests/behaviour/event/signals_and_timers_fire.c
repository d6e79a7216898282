/* Signal events (libevent writes to a socketpair from the handler), timers alone, in crowds and with a common timeout.
 */
#include "check.h"
#include "event_loop.h"

#include <signal.h>
#include <unistd.h>

enum { CROWD = 200, LAST_MS = 44, ATTEMPTS = 4, LATE_MS = 50 };

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

/* Returns how late the last one was. */
static double crowd(struct event_base *base) {
    static struct event *event[CROWD];
    static double due[CROWD];
    double start = check_now_ms();
    done = false;
    timers = 0;
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
    for (int i = 0; i < CROWD; i++)
        event_free(event[i]);
    return last_ms - start - LAST_MS;
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    raise_some(base);
    /* A busy machine makes single attempts late. */
    double late = crowd(base);
    for (int attempt = 1; attempt < ATTEMPTS && late > LATE_MS; attempt++)
        late = crowd(base);
    CHECK_SAY(late < LATE_MS, "the last timer was %.0f ms late at best", late);
    raise_some(base);
    evl_end(base);
    return check_passed();
}
