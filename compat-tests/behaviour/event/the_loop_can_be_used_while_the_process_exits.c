/* Libraries clean up when the process ends, in destructors that may run after Ringback's own: a socket that a loop
 * watches is closed and the loop is run once more, in a child, whose exit must stay clean. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

static struct event_base *base;
static int ours, peer;
static struct event *event;
static bool in_child;

__attribute__((destructor(101))) static void clean_up(void) {
    if (!in_child)
        return;
    if (event_base_loop(base, EVLOOP_NONBLOCK) < 0)
        _exit(3);
    event_free(event);
    if (close(ours) != 0)
        _exit(4);
    event_base_free(base);
}

static void got_some(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    (void)arg;
    net_expect_text(fd, "x");
}

int main(void) {
    check_begin(10);
    check_expect_any(); /* the loop runs in a child */
    pid_t child = CHECK_FD(fork());
    if (child == 0) {
        check_child(10);
        base = event_base_new();
        CHECK(base);
        net_tcp_pair(&ours, &peer);
        event = event_new(base, ours, EV_READ | EV_PERSIST, got_some, NULL);
        CHECK(event);
        CHECK_INT(event_add(event, NULL), 0);
        net_send_text(peer, "x");
        CHECK(event_base_loop(base, EVLOOP_ONCE) >= 0);
        CHECK(event_base_loop(base, EVLOOP_NONBLOCK) >= 0);
        in_child = true;
        exit(0);
    }
    check_child_passed(child);
    return check_passed();
}
