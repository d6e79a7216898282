/* The calls that wait: epoll, and poll and select where the ring knows what the kernel does not. */
#include <errno.h>
#include <string.h>

#include "../accept.h"
#include "../beacon.h"
#include "../interest.h"
#include "../process.h"
#include "../reactor.h"
#include "../report.h"
#include "../retired.h"
#include "../stream.h"
#include "seam.h"

void rb_seam_flush(void) {
    int error = errno;

    rb_unsent = false;
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        if (!rb_reactor_owned(r))
            continue;
        pthread_mutex_lock(&r->lock);
        rb_reactor_send_now(r);
        pthread_mutex_unlock(&r->lock);
    }
    errno = error;
}

static struct rb_reactor *loop_of(int epfd) {
    struct rb_file *file = rb_file_find(epfd);

    return file ? atomic_load_explicit(&file->epoll, memory_order_acquire) : NULL;
}

int rb_seam_epoll_created(int epfd) {
    int error = errno;

    if (epfd >= 0 && rb_process.active)
        rb_reactor_new(epfd);
    errno = error;
    return epfd;
}

static const char polled_from_outside[] = "its epoll descriptor is polled from outside";

int rb_seam_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event) {
    struct rb_reactor *r = loop_of(epfd), *inner = loop_of(fd);
    int result;

    if (inner && op == EPOLL_CTL_ADD)
        rb_reactor_embed(inner, polled_from_outside);
    if (!r)
        return rb_real.epoll_ctl(epfd, op, fd, event);
    result = rb_interest_ctl(r, op, fd, event);
    if (result != -EXDEV) {
        if (result < 0) {
            errno = -result;
            result = -1;
        }
        return result;
    }
    result = rb_real.epoll_ctl(epfd, op, fd, event);
    if (result == 0)
        rb_interest_passed(r, op, fd);
    return result;
}

static bool time_is_left(const struct timespec *left) {
    return !left || left->tv_sec > 0 || left->tv_nsec > 0;
}

/* The kernel interrupts a thread some milliseconds after a ring of its has ended, and never takes up an epoll_wait
 * again: the program would be told of a signal that there was none. And nobody wakes the loop when the kernel lets go
 * of what that ring was sending. */
static bool has_to_be_held(const struct rb_reactor *r) {
    return rb_ring_ended_lately() || rb_retired_hurry() || (r && r->unheard > 0);
}

/* Of what the kernel's epoll told, the program's. */
static int own_events(const struct rb_reactor *r, struct epoll_event *events, int n) {
    return n > 0 && r && r->embedded ? rb_beacon_sift(r, events, n) : n;
}

/* In the kernel, with signals blocked from the first look to the last: one that came between two of them would run its
 * handler and interrupt nothing. Returns events or -errno. */
static int wait_held(struct rb_reactor *r, int epfd, struct epoll_event *events, int max, struct timespec *left,
                     const sigset_t *mask) {
    sigset_t before;
    int n;

    rb_real_hold_signals(&before);
    mask = mask ? mask : &before;
    do {
        n = has_to_be_held(r) ? rb_real_epoll_held(epfd, events, max, left, mask)
                              : rb_real_epoll_masked(epfd, events, max, left, mask);
        n = own_events(r, events, n);
        rb_seam_cancellation_point();
        if (n == 0)
            n = r ? rb_reactor_wait(r, events, max, left, mask) : -EXDEV;
    } while (n == -EXDEV && time_is_left(left));
    rb_real_let_signals(&before);
    return n == -EXDEV ? 0 : n;
}

/* All of a wait that is not simply the kernel's. Returns events, -errno, or -EXDEV: wait there, for as long as left.
 *   r     NULL: a loop of which Ringback knows nothing
 *   left  the relative timeout, NULL for none; less the time that was spent */
static int wait_for(struct rb_reactor *r, int epfd, struct epoll_event *events, int max, struct timespec *left,
                    const sigset_t *mask) {
    int n;

    rb_retired_ask();
    n = r && !rb_reactor_rests(r) ? rb_reactor_wait(r, events, max, left, mask) : -EXDEV;

    if (n == -EXDEV && rb_unsent)
        rb_seam_flush();
    if (n == -EXDEV && time_is_left(left) && has_to_be_held(r))
        n = wait_held(r, epfd, events, max, left, mask);
    return n;
}

/* Another thread changed what is to be told here, while this one waited in the kernel. */
static bool woken_by_the_beacon(const struct rb_reactor *r, struct epoll_event *events, int *n) {
    if (*n <= 0)
        return false;
    *n = own_events(r, events, *n);
    return *n == 0;
}

static int answer(int n) {
    if (n >= 0)
        return n;
    errno = -n;
    return -1;
}

int rb_seam_epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
                         const sigset_t *mask) {
    struct timespec left = timeout ? *timeout : (struct timespec){0, 0};
    struct rb_reactor *r = loop_of(epfd);
    int n;

    rb_seam_cancellation_point();
    if (!events || max <= 0 ||
        (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec > 999999999)))
        return rb_real.epoll_pwait2(epfd, events, max, timeout, mask); /* which says EINVAL */
    do {
        n = wait_for(r, epfd, events, max, timeout ? &left : NULL, mask);
        if (n != -EXDEV)
            return answer(n);
        n = rb_real.epoll_pwait2(epfd, events, max, timeout ? &left : NULL, mask);
    } while (woken_by_the_beacon(r, events, &n));
    return n;
}

int rb_seam_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms, const sigset_t *mask) {
    struct timespec left = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};
    struct rb_reactor *r = loop_of(epfd);
    int n = -EXDEV;

    rb_seam_cancellation_point();
    do {
        if (events && max > 0)
            n = wait_for(r, epfd, events, max, timeout_ms < 0 ? NULL : &left, mask);
        if (n != -EXDEV)
            return answer(n);
        if (timeout_ms > 0)
            timeout_ms = rb_real_timeout_ms(&left);
        n = mask ? rb_real.epoll_pwait(epfd, events, max, timeout_ms, mask)
                 : rb_real.epoll_wait(epfd, events, max, timeout_ms);
    } while (woken_by_the_beacon(r, events, &n));
    return n;
}

/* ---- poll and select on descriptors that the ring carries ---- */

static bool concerned(int fd) {
    const struct rb_file *file = rb_file_find(fd);

    return file && (atomic_load_explicit(&file->carried, memory_order_relaxed) ||
                    atomic_load_explicit(&file->epoll, memory_order_relaxed));
}

bool rb_seam_poll_concerned(struct pollfd *fds, nfds_t count) {
    if (rb_fdtable_size == 0)
        return false;
    for (nfds_t i = 0; i < count; i++)
        if (concerned(fds[i].fd))
            return true;
    return false;
}

bool rb_seam_select_concerned(int count, const fd_set *in, const fd_set *out) {
    if (rb_fdtable_size == 0)
        return false;
    for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++)
        if (((in && FD_ISSET(fd, in)) || (out && FD_ISSET(fd, out))) && concerned(fd))
            return true;
    return false;
}

/* What the ring holds of this descriptor's readiness: bytes that were received ahead, or their end, or connections. */
static short ring_side(int fd, short wanted) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = loop_of(fd);
    uint32_t events;

    if (r)
        rb_reactor_embed(r, polled_from_outside);
    r = file ? rb_file_lock(file) : NULL;
    if (!r)
        return 0;
    rb_reactor_take_news(r);
    events = rb_stream_events(file) & ~(uint32_t)(EPOLLOUT | EPOLLWRNORM);
    if (rb_accept_pending(file))
        events |= EPOLLIN | EPOLLRDNORM;
    pthread_mutex_unlock(&r->lock);
    return (short)(events & (unsigned)(unsigned short)(wanted | POLLERR | POLLHUP));
}

int rb_seam_poll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    static const struct timespec at_once = {0, 0};
    bool any = false;
    int n;

    for (nfds_t i = 0; i < count && !any; i++)
        any = ring_side(fds[i].fd, fds[i].events) != 0;
    n = rb_real.ppoll(fds, count, any ? &at_once : timeout, mask);
    if (n < 0 || !any)
        return n;
    n = 0;
    for (nfds_t i = 0; i < count; i++) {
        fds[i].revents = (short)(fds[i].revents | ring_side(fds[i].fd, fds[i].events));
        n += fds[i].revents != 0;
    }
    return n;
}

int rb_seam_pselect(int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
                    const sigset_t *mask) {
    static const struct timespec at_once = {0, 0};
    fd_set ours;
    bool any = false;
    int n;

    FD_ZERO(&ours);
    for (int fd = 0; in && fd < count && fd < FD_SETSIZE; fd++)
        if (FD_ISSET(fd, in) && ring_side(fd, POLLIN) != 0) {
            FD_SET(fd, &ours);
            any = true;
        }
    n = rb_real.pselect(count, in, out, except, any ? &at_once : timeout, mask);
    if (n < 0 || !any)
        return n;
    for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++)
        if (FD_ISSET(fd, &ours) && !FD_ISSET(fd, in)) {
            FD_SET(fd, in);
            n++;
        }
    return n;
}
