/* The calls that end, double or hand on descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../interest.h"
#include "../process.h"
#include "../rawcall.h"
#include "../reactor.h"
#include "../show.h"
#include "../stream.h"
#include "../wake.h"
#include "seam.h"

static bool has_orphans(const struct rb_file *file) {
    return atomic_load_explicit(&file->orphans, memory_order_acquire) > 0;
}

/* Wait for what one loop's ring still has of a file. What another loop's has would never come here. */
static void outlive_in(struct rb_reactor *r, struct rb_file *file) {
    pthread_mutex_lock(&r->lock);
    if (rb_reactor_owned(r) && r->ring.open) {
        rb_reactor_flush(r);
        while (has_orphans(file) && rb_ops_hold(&r->ops, file)) {
            if (rb_ring_enter(&r->ring, 1, NULL, NULL) == RB_ENTER_BROKEN)
                break;
            rb_reactor_drain(r);
        }
    } else if (r->ring.open) {
        rb_wake(r); /* its owner cancels them in its next turn */
    }
    pthread_mutex_unlock(&r->lock);
    if (r->released)
        rb_reactor_release_pins(r);
}

/* Operations that were cut off this descriptor keep its file open, and its peer waiting, until the kernel lets go. A
 * descriptor that went from loop to loop may have left some with each. */
static void outlive_orphans(struct rb_file *file) {
    struct rb_reactor *last = atomic_load_explicit(&file->last, memory_order_relaxed);

    if (!has_orphans(file))
        return;
    outlive_in(last, file);
    for (struct rb_reactor *r = rb_reactor_all(); r && has_orphans(file); r = r->next)
        if (r != last)
            outlive_in(r, file);
}

/* The number is about to stand for nothing, or for something else. */
static void let_go(struct rb_file *file) {
    struct rb_reactor *r = atomic_load_explicit(&file->epoll, memory_order_acquire);

    if (r)
        rb_reactor_close(r);
    r = rb_file_lock(file);
    if (r) {
        if (rb_reactor_owned(r))
            rb_stream_submit(r, file);
        rb_reactor_forget(r, file);
        pthread_mutex_unlock(&r->lock);
    }
    outlive_orphans(file);
    file->kind = RB_KIND_UNKNOWN;
    file->hint = NULL;
    file->after_fork = false;
    file->shared = false;
    file->passed = false;
    rb_show_nothing(file->fd);
    file->generation++;
}

static bool has_something(const struct rb_file *file) {
    return atomic_load_explicit(&file->reactor, memory_order_acquire) ||
           atomic_load_explicit(&file->epoll, memory_order_acquire) ||
           atomic_load_explicit(&file->orphans, memory_order_acquire) || file->kind != RB_KIND_UNKNOWN || file->hint ||
           file->passed || file->shared || file->after_fork;
}

int rb_seam_close(int fd) {
    struct rb_file *file = rb_file_find(fd);

    rb_file_set_sole(fd, 0);
    if (file && has_something(file) && rb_process_is_us())
        let_go(file);
    return rb_real.close(fd);
}

/* The descriptor gets a second name, and with it users that we cannot see: its bytes stay in the kernel from now on. */
void rb_seam_to_stdio(int fd) {
    struct rb_file *file = rb_file_find(fd);
    int error = errno;
    struct rb_reactor *r;

    if (!file || !rb_process_is_us())
        return;
    r = atomic_load_explicit(&file->epoll, memory_order_acquire);
    if (r)
        rb_reactor_embed(r, "its epoll descriptor was duplicated");
    r = rb_file_lock(file);
    if (r) {
        if (atomic_load_explicit(&file->carried, memory_order_relaxed))
            rb_stats_fallback(RB_FALLBACK_DUPLICATED);
        rb_stream_release(r, file, RB_WHY_DUPLICATED);
        rb_interest_shared(r, file, RB_WHY_DUPLICATED);
        pthread_mutex_unlock(&r->lock);
    } else {
        rb_file_set_aside(file, RB_WHY_DUPLICATED);
    }
    errno = error;
}

void rb_seam_from_stdio(int fd) {
    struct rb_file *file = rb_file_find(fd);
    int error = errno;

    rb_file_set_sole(fd, 0);
    if (file && has_something(file) && rb_process_is_us())
        let_go(file);
    errno = error;
}

/* Two numbers stand for one file now. Epoll's registrations with it last until both are closed. */
int rb_seam_shared(int fd, int copy) {
    int error = errno;
    struct rb_file *file;

    if (copy >= 0 && copy != fd && rb_process.active && rb_process_is_us()) {
        file = rb_file_get(fd);
        if (file)
            file->shared = true;
        file = rb_file_get(copy);
        if (file) {
            file->shared = true;
            rb_file_set_aside(file, RB_WHY_DUPLICATED);
        }
    }
    errno = error;
    return copy;
}

int rb_seam_dup(int fd) {
    rb_seam_to_stdio(fd);
    return rb_seam_shared(fd, rb_real.dup(fd));
}

/* Are these two names of one file already? Then the second stays what it is, and epoll's registrations with it. */
static bool same_file(int fd, const struct rb_file *to) {
    pid_t self = getpid();

    return to->shared && rb_rawcall(SYS_kcmp, self, self, KCMP_FILE, fd, to->fd, 0) == 0;
}

int rb_seam_dup_onto(int fd, int to, int flags) {
    struct rb_file *file = rb_file_find(to);

    rb_seam_to_stdio(fd);
    if (fd != to)
        rb_file_set_sole(to, 0);
    /* Only a call that will succeed may end what `to` stands for. */
    if (file && fd != to && has_something(file) && rb_process_is_us() && rb_real.fcntl(fd, F_GETFD, NULL) >= 0 &&
        !same_file(fd, file))
        let_go(file);
    return rb_seam_shared(fd, flags < 0 ? rb_real.dup2(fd, to) : rb_real.dup3(fd, to, flags));
}

int rb_seam_close_range(unsigned first, unsigned last, int flags) {
    enum { CLOEXEC_ONLY = 4 };
    unsigned end = last < rb_fdtable_size ? last : rb_fdtable_size - 1;

    if (rb_fdtable_size > 0 && !(flags & CLOEXEC_ONLY) && first <= last && rb_process_is_us())
        for (unsigned fd = first; fd <= end; fd++) {
            struct rb_file *file = rb_file_find((int)fd);

            rb_file_set_sole((int)fd, 0);
            if (file && has_something(file))
                let_go(file);
        }
    return rb_real.close_range(first, last, flags);
}

/* libuv 1.50 and later changes interest through a ring of its own, past epoll_ctl and us. Refused, it calls epoll_ctl.
 * The other ring that it may make, for files, has a thread in the kernel and is no concern of ours. */
static bool goes_past_epoll_ctl(const long argument[6]) {
    const struct io_uring_params *params = (const void *)argument[1];

    return rb_process.active && params && !(params->flags & IORING_SETUP_SQPOLL);
}

static long call_by_number(long number, const long a[6]) {
    return rb_real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

bool rb_seam_syscall(long number, const long argument[6], long *result) {
    struct rb_file *file;

    switch (number) {
    case SYS_close: /* libuv closes every handle this way */
        *result = rb_seam_close((int)argument[0]);
        return true;
    case SYS_dup3:
        *result = rb_seam_dup_onto((int)argument[0], (int)argument[1], (int)argument[2]);
        return true;
    case SYS_close_range:
        *result = rb_seam_close_range((unsigned)argument[0], (unsigned)argument[1], (int)argument[2]);
        return true;
    case SYS_io_uring_setup:
        if (!goes_past_epoll_ctl(argument))
            return false;
        errno = ENOSYS;
        *result = -1;
        return true;
    case SYS_recvmsg:
        file = rb_file_find((int)argument[0]);
        if (!file || rb_seam_recvmsg(file, (struct msghdr *)argument[1], (int)argument[2], result))
            return file != NULL;
        *result = rb_seam_received(file, (int)argument[2], 0, call_by_number(number, argument));
        return true;
    case SYS_recvmmsg: /* libuv's datagrams: the kernel serves them, readiness wants to know */
        file = rb_file_find((int)argument[0]);
        if (!file)
            return false;
        *result = rb_seam_received(file, (int)argument[3], 0, call_by_number(number, argument));
        return true;
    case SYS_sendmmsg:
        file = rb_file_find((int)argument[0]);
        if (!file)
            return false;
        *result = rb_seam_sent_many(file, (const struct mmsghdr *)argument[1], (int)call_by_number(number, argument));
        return true;
    default:
        return false;
    }
}
