#include "epoll_loop.h"

#include "check.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { LONG_MS = 2000, ROOM = 8, SIGNAL_EACH_MS = 20 };

volatile sig_atomic_t epl_handled;

int epl_create(void) {
    return CHECK_FD(epoll_create1(EPOLL_CLOEXEC));
}

static void epl__control(int ep, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    CHECK_FD(epoll_ctl(ep, operation, fd, &event));
}

void epl_add(int ep, int fd, uint32_t events) {
    epl__control(ep, EPOLL_CTL_ADD, fd, events);
}

void epl_modify(int ep, int fd, uint32_t events) {
    epl__control(ep, EPOLL_CTL_MOD, fd, events);
}

void epl_delete(int ep, int fd) {
    CHECK_FD(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
}

bool epl_has_pwait2(void) {
    struct epoll_event event;
    return epoll_pwait2(-1, &event, 1, NULL, NULL) == 0 || errno != ENOSYS;
}

uint32_t epl_wait(int ep, int fd, int ms) {
    struct epoll_event event[ROOM];
    memset(event, 0xa5, sizeof event);
    int count = CHECK_FD(epoll_wait(ep, event, ROOM, ms));
    if (count == 0)
        return 0;
    CHECK_INT(count, 1);
    CHECK_INT(event[0].data.fd, fd);
    CHECK(event[0].events != 0);
    return event[0].events;
}

void epl_expect(int ep, int fd, uint32_t events, const char *text, const char *file, int line) {
    uint32_t got = epl_wait(ep, fd, check_scaled(LONG_MS));
    if (got != events)
        check_fail(file, line, "descriptor %d: events %#x, not %s (%#x)", fd, got, text, events);
}

void epl_nothing(int ep, int ms, const char *file, int line) {
    struct epoll_event event[ROOM];
    int count = epoll_wait(ep, event, ROOM, ms);
    if (count != 0)
        check_fail(file, line, "%d events where none is due (%s); the first: descriptor %d, events %#x", count,
                   count < 0 ? strerror(errno) : "no error", count > 0 ? event[0].data.fd : -1,
                   count > 0 ? event[0].events : 0);
}

int epl_stream(int *ours, int *peer) {
    int ep = epl_create();
    net_tcp_pair(ours, peer);
    epl_add(ep, *ours, EPOLLIN);
    net_send_text(*peer, "first");
    EPL_EXPECT(ep, *ours, EPOLLIN);
    net_expect_text(*ours, "first");
    EPL_NOTHING(ep, 5);
    return ep;
}

static void epl__handle(int number) {
    (void)number;
    epl_handled++;
}

void epl_handler(int flags) {
    struct sigaction action = {.sa_handler = epl__handle, .sa_flags = flags};
    CHECK_FD(sigaction(SIGUSR1, &action, NULL));
}

struct epl__interrupter {
    pthread_t waiter;
    atomic_bool over;
    int sent;
};

static void *epl__interrupt(void *arg) {
    struct epl__interrupter *me = arg;
    /* One that comes before the wait has begun interrupts nothing. */
    for (check_sleep_ms(SIGNAL_EACH_MS); !me->over; check_sleep_ms(SIGNAL_EACH_MS)) {
        CHECK_INT(pthread_kill(me->waiter, SIGUSR1), 0);
        me->sent++;
    }
    return NULL;
}

int epl_interrupted(int ep, int ms) {
    struct epl__interrupter other = {.waiter = pthread_self()};
    struct epoll_event event;
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, epl__interrupt, &other), 0);
    CHECK_ERRNO(epoll_wait(ep, &event, 1, ms), EINTR);
    other.over = true;
    CHECK_INT(pthread_join(thread, NULL), 0);
    return other.sent;
}
