#include "report.h"

#include <errno.h>
#include <poll.h>

#include "accept.h"
#include "beacon.h"
#include "level.h"
#include "libc/real.h"
#include "stream.h"

enum { ALWAYS = EPOLLERR | EPOLLHUP };

static uint32_t poll_events(struct rb_file *file) {
    uint32_t events = file->fired & (file->want | ALWAYS);

    file->fired = 0;
    /* The stream says itself when its library may write: while the kernel holds on to what was written, the socket has
     * room, and a loop that was told so would spin. */
    if (rb_stream_sends(file) && !file->stream.blocked)
        events &= ~(uint32_t)(EPOLLOUT | EPOLLWRNORM);
    if (events & EPOLLOUT)
        file->stream.blocked = false;
    return events;
}

static uint32_t carried_events(const struct rb_file *file) {
    uint32_t events = rb_stream_events(file);

    if (rb_accept_pending(file))
        events |= EPOLLIN | EPOLLRDNORM;
    return events & (file->want | ALWAYS);
}

/* An edge tells all that holds. Only bytes of before the interest became edge-triggered come here. */
static uint32_t what_else_holds(const struct rb_file *file) {
    struct pollfd poll = {.fd = file->fd, .events = (short)(file->want & 0xffff)};

    return rb_real_poll_now(&poll, 1) == 1 ? (uint32_t)(unsigned short)poll.revents & (file->want | ALWAYS) : 0;
}

/* Report one file. Returns whether there was something to tell. */
static bool tell(struct rb_reactor *r, struct rb_file *file, struct epoll_event *event) {
    uint32_t polled, carried;

    rb_reactor_unready(r, file);
    if (!file->watched || file->disarmed) {
        file->fired = 0;
        return false;
    }
    polled = poll_events(file);
    carried = carried_events(file);
    if (carried && (file->want & EPOLLET))
        polled |= what_else_holds(file);
    if ((polled | carried) == 0)
        return false;
    event->events = polled | carried;
    event->data = file->data;
    if (file->want & EPOLLONESHOT) {
        file->disarmed = true;
        return true;
    }
    if (carried)
        rb_reactor_ready(r, file); /* behind all others; true again until the program has taken it */
    rb_level_remember(r, file, polled);
    return true;
}

/* The descriptors that epoll keeps for this loop: its own file says when there is news among them. */
static int report_passthrough(struct rb_reactor *r, struct epoll_event *events, int max) {
    int n;

    if (!r->epfd_ready || max <= 0)
        return 0;
    n = rb_real_epoll_now(r->epfd, events, max);
    if (n <= 0)
        r->epfd_ready = false;
    return n > 0 ? n : 0;
}

static int report_ready(struct rb_reactor *r, struct epoll_event *events, int max) {
    struct rb_file *last = r->ready_last, *file;
    int n = 0;

    while (n < max && (file = r->ready_first)) {
        n += tell(r, file, &events[n]);
        if (file == last)
            break; /* what stays ready has been put behind the last one: next turn */
    }
    return n;
}

int rb_report(struct rb_reactor *r, struct epoll_event *events, int max) {
    int n;

    /* Each side goes first every other turn, so that neither starves when there is more than max. */
    if (atomic_load_explicit(&r->turn, memory_order_relaxed) & 1) {
        n = report_passthrough(r, events, max);
        return n + report_ready(r, events + n, max - n);
    }
    n = report_ready(r, events, max);
    return n + report_passthrough(r, events + n, max - n);
}

bool rb_report_pending(const struct rb_reactor *r) {
    for (const struct rb_file *file = r->claimed; file; file = file->claimed_next)
        if (file->watched && !file->disarmed && carried_events(file) != 0)
            return true;
    return false;
}

int rb_report_draining(struct rb_reactor *r, struct epoll_event *events, int max) {
    struct rb_file *file, *next;
    int n;

    if (r->draining == 0 && !r->beacon_lit)
        return -EXDEV;
    r->draining = 0;
    for (file = r->claimed; file; file = next) {
        next = file->claimed_next;
        if (rb_stream_receives(file) || !rb_stream_output_rests(file) || rb_accept_pending(file)) {
            r->draining++;
            rb_reactor_ready(r, file);
        } else if (!file->left_out) {
            rb_reactor_forget(r, file);
        }
    }
    n = report_ready(r, events, max);
    if (n > 0 && n < max) {
        int more = rb_real_epoll_now(r->epfd, events + n, max - n);

        n += more > 0 ? rb_beacon_sift(r, events + n, more) : 0;
    }
    rb_beacon_update(r); /* single shots are told now */
    return n > 0 ? n : -EXDEV;
}
