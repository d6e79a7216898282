#include "beacon.h"

#include <errno.h>
#include <sys/eventfd.h>

#include "highfd.h"
#include "libc/real.h"
#include "rawcall.h"
#include "report.h"

static bool make(struct rb_reactor *r) {
    int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0)
        return false;
    r->beacon_fd = rb_highfd_move(fd);
    return true;
}

static void show(struct rb_reactor *r, bool lit) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = r};
    int error = errno;

    if (r->beacon_fd < 0 && !make(r)) {
        errno = error;
        return;
    }
    if (rb_real.epoll_ctl(r->epfd, lit ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, r->beacon_fd, &event) == 0)
        r->beacon_lit = lit;
    errno = error;
}

void rb_beacon_update(struct rb_reactor *r) {
    bool wanted;

    if (!r->embedded || r->forked)
        return;
    wanted = rb_report_pending(r);
    if (wanted != r->beacon_lit)
        show(r, wanted);
}

int rb_beacon_sift(const struct rb_reactor *r, struct epoll_event *events, int n) {
    int left = 0;

    for (int i = 0; i < n; i++)
        if (events[i].data.ptr != r)
            events[left++] = events[i];
    return left;
}

void rb_beacon_close(struct rb_reactor *r) {
    if (r->beacon_fd >= 0)
        rb_rawcall_close(r->beacon_fd);
    r->beacon_fd = -1;
    r->beacon_lit = false;
}
