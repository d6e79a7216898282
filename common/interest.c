#include "interest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "accept.h"
#include "beacon.h"
#include "libc/real.h"
#include "poll.h"
#include "process.h"
#include "show.h"
#include "stream.h"
#include "wake.h"

/* What POLL and the re-check reproduce. Anything else is the kernel's. */
enum { KNOWN = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP | EPOLLET };
#define ONESHOT ((uint32_t)EPOLLONESHOT)

/* Kinds of file whose poll function wakes as epoll expects. Of the others the kernel's epoll knows best, down to the
 * EPERM for those that cannot be polled. */
static bool pollable_kind(const struct stat *st) {
    mode_t type = st->st_mode & S_IFMT;

    return type == S_IFSOCK || type == S_IFIFO || type == 0; /* 0: eventfd, timerfd, signalfd, inotify */
}

static bool suits_the_ring(uint32_t events) {
    const char *why;

    if (events & ~(KNOWN | ONESHOT)) {
        rb_stats_fallback(RB_FALLBACK_UNUSUAL_FLAGS);
        return false;
    }
    /* An edge is one wake-up: a poll that has to be armed again after each would report old news as new. */
    return !(events & EPOLLET) || !rb_process_can_ring(&why) || rb_process.caps.have[RB_CAP_POLL_MULTISHOT];
}

/* Why epoll has it, or is about to. */
static enum rb_why why_epoll(const struct rb_file *file, uint32_t events) {
    if (file->shared)
        return RB_WHY_DUPLICATED;
    return events & ~(KNOWN | ONESHOT) ? RB_WHY_UNUSUAL_FLAGS : RB_WHY_NO_CAPABILITY;
}

/* A number we carry, added again: is it still the same file, or was it closed where we could not see it? */
static bool is_the_same_file(const struct rb_file *file, const struct stat *st) {
    return file->device == st->st_dev && file->inode == st->st_ino;
}

/* Edges and single shots are told by POLL alone, and from the state at this moment on. */
static void start_anew(struct rb_reactor *r, struct rb_file *file) {
    if (atomic_load_explicit(&file->carried, memory_order_relaxed))
        rb_stream_release(r, file, RB_WHY_INTEREST);
    rb_poll_restart(r, file);
}

/* The interest in a file that this loop carries, from now on. */
static void record(struct rb_reactor *r, struct rb_file *file, const struct epoll_event *event) {
    file->want = event->events;
    file->data = event->data;
    file->disarmed = false;
    file->watched = true;
    if (event->events & (EPOLLET | ONESHOT))
        start_anew(r, file);
    else
        rb_reactor_dirty(r, file);
    rb_reactor_ready(r, file); /* an inbox that was kept while nobody watched is news now */
}

/* Taken out and put back within one turn, as evhttp does for every request: a stream of ours, which no libc call has
 * closed since, is still the same file. */
static bool only_paused(const struct rb_reactor *r, const struct rb_file *file) {
    return !file->watched && file->left_turn == r->turn && atomic_load_explicit(&file->carried, memory_order_relaxed);
}

/* Does the loop's own epoll instance have it? Only an attempt tells. */
static bool epoll_has_it(const struct rb_reactor *r, struct rb_file *file) {
    struct epoll_event nothing = {0};

    if (!file->passed)
        return false;
    if (rb_real.epoll_ctl(r->epfd, EPOLL_CTL_ADD, file->fd, &nothing) < 0)
        return true; /* EEXIST; any other error is for the kernel to tell, too */
    rb_real.epoll_ctl(r->epfd, EPOLL_CTL_DEL, file->fd, NULL);
    return false;
}

/* epoll_ctl(2) looks at the flags first. */
static int exists(uint32_t events) {
    const uint32_t lawful = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | (uint32_t)EPOLLET | EPOLLEXCLUSIVE;

    return (events & EPOLLEXCLUSIVE) && (events & ~lawful) ? -EINVAL : -EEXIST;
}

/* Bytes, their end or connections that epoll knows nothing of. */
static bool has_what_epoll_misses(const struct rb_file *file) {
    return rb_stream_receives(file) || !rb_stream_output_rests(file) || rb_accept_carries(file) ||
           rb_accept_pending(file);
}

/* Taken out and put back with an interest that is epoll's to serve: what waits here is told here first. */
static bool has_to_stay(struct rb_reactor *r, struct rb_file *file) {
    if (!has_what_epoll_misses(file))
        return false;
    rb_stream_release(r, file, RB_WHY_UNUSUAL_FLAGS);
    return has_what_epoll_misses(file);
}

/* Its library is known to use it as a stream or a listener. */
static bool is_hinted(const struct rb_file *file) {
    const struct rb_hint *hint = file->hint;

    return hint && (hint->stream || hint->listener);
}

bool rb_interest_suits_bytes(const struct rb_file *file) {
    return file->socket && is_hinted(file);
}

static int add(struct rb_reactor *r, int fd, const struct epoll_event *event) {
    struct rb_file *file = rb_file_get(fd);
    struct rb_reactor *carrier;
    struct stat st;

    if (!file)
        return -EXDEV;
    if (fd == r->epfd || atomic_load_explicit(&file->epoll, memory_order_acquire)) {
        file->why = RB_WHY_UNUSUAL_FILE;
        return -EXDEV;
    }
    carrier = atomic_load_explicit(&file->reactor, memory_order_acquire);
    if (carrier == r && only_paused(r, file) && suits_the_ring(event->events)) {
        record(r, file, event);
        return 0;
    }
    if (fstat(fd, &st) < 0)
        return -errno;
    if (carrier == r && !is_the_same_file(file, &st)) {
        rb_reactor_forget(r, file);
        file->generation++;
        carrier = NULL;
    }
    if (carrier == r && file->watched)
        return exists(event->events);
    if (carrier && carrier != r && rb_reactor_take_over(r, file))
        carrier = r;
    if (carrier == r && pollable_kind(&st) && !suits_the_ring(event->events) && has_to_stay(r, file)) {
        if (exists(event->events) == -EINVAL)
            return -EINVAL;
        record(r, file, event);
        return 0;
    }
    /* Epoll goes by the file, not by the number: what has two names keeps its registration when one is closed. */
    if (!pollable_kind(&st) || !suits_the_ring(event->events) || (carrier && carrier != r) ||
        (!carrier && (file->shared || epoll_has_it(r, file)))) {
        if (!pollable_kind(&st))
            rb_stats_fallback(RB_FALLBACK_UNUSUAL_FILE);
        if (carrier == r)
            rb_reactor_forget(r, file); /* only paused, and nothing of it is left here: from now on it is epoll's */
        if (!carrier || carrier == r) /* another loop has said why */
            file->why = (uint8_t)(pollable_kind(&st) ? why_epoll(file, event->events) : RB_WHY_UNUSUAL_FILE);
        return -EXDEV;
    }
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->socket = S_ISSOCK(st.st_mode);
    if (carrier != r)
        rb_reactor_claim(r, file);
    record(r, file, event);
    rb_show(r, file);
    return 0;
}

/* The loop's own poll of the kernel's epoll is armed for the first descriptor there; the owner may be waiting. */
static void count_passed(struct rb_reactor *r, int op) {
    if (op == EPOLL_CTL_ADD)
        r->passthrough++;
    else if (op == EPOLL_CTL_DEL && r->passthrough > 0)
        r->passthrough--;
    else
        return;
    atomic_store_explicit(&r->stats->counter[RB_COUNTER_PASSTHROUGH_FDS], r->passthrough, memory_order_relaxed);
    if (r->waiting && !rb_reactor_owned(r))
        rb_wake(r);
}

/* Off to the kernel's epoll, as a new interest there. */
static int pass_on(struct rb_reactor *r, struct rb_file *file, enum rb_why why) {
    struct epoll_event event = {.events = file->want, .data = file->data};

    rb_stream_release(r, file, why);
    if (has_what_epoll_misses(file))
        return -EBUSY;
    if (rb_real.epoll_ctl(r->epfd, EPOLL_CTL_ADD, file->fd, &event) < 0)
        return -errno;
    rb_reactor_forget(r, file);
    file->passed = true;
    rb_show_passed(r, file->fd, why);
    count_passed(r, EPOLL_CTL_ADD);
    return 0;
}

int rb_interest_shared(struct rb_reactor *r, struct rb_file *file, enum rb_why why) {
    return file->watched && !file->disarmed ? pass_on(r, file, why) : 0;
}

bool rb_interest_reconcile(struct rb_reactor *r, struct rb_file *file) {
    return file->watched && !file->disarmed && (file->shared || !suits_the_ring(file->want)) &&
           !has_what_epoll_misses(file) && pass_on(r, file, why_epoll(file, file->want)) == 0;
}

static int modify(struct rb_reactor *r, struct rb_file *file, const struct epoll_event *event) {
    uint32_t before = file->want;
    int error;

    if ((event->events | file->want) & EPOLLEXCLUSIVE)
        return -EINVAL; /* epoll_ctl(2): only with EPOLL_CTL_ADD, and never changed */
    file->want = event->events;
    file->data = event->data;
    if (file->shared || !suits_the_ring(event->events)) {
        file->disarmed = false;
        error = -pass_on(r, file, why_epoll(file, event->events));
        if (error != EBUSY)
            return -error;
        /* Until the program has taken what waits, it is told of that here. */
    }
    /* Plain level triggering to plain level triggering: what is armed may serve on. libuv does this for every write. */
    if (!((before | event->events) & (EPOLLET | ONESHOT))) {
        if ((before ^ event->events) & RB_STREAM_UNUSUAL)
            rb_show(r, file);
        rb_reactor_ready(r, file);
        rb_reactor_dirty(r, file);
        return 0;
    }
    file->disarmed = false;
    start_anew(r, file);
    rb_show(r, file);
    rb_reactor_ready(r, file);
    return 0;
}

static int remove_interest(struct rb_reactor *r, struct rb_file *file) {
    /* Programs take a socket out of the loop and put it back within one callback: what the ring carries stays until
     * the next turn. */
    if (atomic_load_explicit(&file->carried, memory_order_relaxed)) {
        if (file->want & (EPOLLET | ONESHOT))
            rb_poll_restart(r, file); /* what it told once is news to whoever asks for it again */
        file->watched = false;
        file->left_turn = r->turn;
        file->want = 0;
        rb_reactor_dirty(r, file);
        return 0;
    }
    rb_reactor_forget(r, file);
    return 0;
}

static int change(struct rb_reactor *r, int op, int fd, struct epoll_event *event) {
    struct rb_file *file;

    if (op != EPOLL_CTL_DEL && !event)
        return -EFAULT;
    if (op == EPOLL_CTL_ADD)
        return add(r, fd, event);
    file = rb_file_find(fd);
    /* uv_loop_fork makes a new epoll instance but repeats the old one's MOD for watchers that had a write to wait for.
     */
    if (file && file->after_fork && op == EPOLL_CTL_MOD)
        return add(r, fd, event);
    if (!file || atomic_load_explicit(&file->reactor, memory_order_relaxed) != r || !file->watched)
        return -EXDEV; /* not ours: the kernel says ENOENT, or knows it */
    switch (op) {
    case EPOLL_CTL_MOD:
        return modify(r, file, event);
    case EPOLL_CTL_DEL:
        return remove_interest(r, file);
    default:
        return -EINVAL;
    }
}

static void settle_left_out(struct rb_reactor *r, struct rb_file *file) {
    r->left_out--;
    file->left_out = false;
    if (!has_what_epoll_misses(file))
        rb_reactor_forget(r, file);
}

/* A single shot that had fired when epoll took over, and that epoll does not have: it is as if it had. */
static int change_left_out(struct rb_reactor *r, struct rb_file *file, int op, const struct epoll_event *event) {
    struct epoll_event wanted;
    int error = errno;
    struct stat st;

    if (fstat(file->fd, &st) < 0 || !is_the_same_file(file, &st)) { /* closed unseen */
        rb_reactor_forget(r, file);
        return -EXDEV;
    }
    if (op != EPOLL_CTL_DEL && !event)
        return -EFAULT;
    switch (op) {
    case EPOLL_CTL_ADD:
        return exists(event->events);
    case EPOLL_CTL_DEL:
        file->watched = false;
        settle_left_out(r, file);
        return 0;
    case EPOLL_CTL_MOD:
        if (event->events & EPOLLEXCLUSIVE)
            return -EINVAL;
        wanted = *event;
        /* A forked child, or its parent, shares the epoll instance and may have put it there. */
        if (rb_real.epoll_ctl(r->epfd, EPOLL_CTL_ADD, file->fd, &wanted) < 0 &&
            (errno != EEXIST || rb_real.epoll_ctl(r->epfd, EPOLL_CTL_MOD, file->fd, &wanted) < 0))
            return -errno;
        errno = error;
        file->disarmed = false;
        file->want = event->events;
        file->data = event->data;
        settle_left_out(r, file);
        return 0;
    default:
        return -EINVAL;
    }
}

/* The kernel's epoll carries the loop and decides; but what is left of a descriptor's time on the ring is told by us,
 * as the program wants it now. */
static int change_leftover(struct rb_reactor *r, int op, int fd, const struct epoll_event *event) {
    struct rb_file *file = r->draining + r->left_out > 0 ? rb_file_find(fd) : NULL;

    if (!file || atomic_load_explicit(&file->reactor, memory_order_relaxed) != r)
        return -EXDEV;
    if (file->left_out)
        return change_left_out(r, file, op, event);
    if (op == EPOLL_CTL_DEL) {
        file->watched = false;
    } else if (event && op == EPOLL_CTL_MOD && (event->events & EPOLLEXCLUSIVE)) {
        return -EXDEV;                                            /* an error: only with EPOLL_CTL_ADD */
    } else if (event && (op == EPOLL_CTL_MOD) == file->watched) { /* any other is an error, as the kernel says */
        file->watched = true;
        file->disarmed = false;
        file->want = event->events;
        file->data = event->data;
    }
    rb_beacon_update(r);
    return -EXDEV;
}

/* Two loops watch it from now on, and the second by the kernel's epoll, which sees what is in the socket only. */
static void stop_elsewhere(const struct rb_reactor *r, int fd) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *carrier = file ? atomic_load_explicit(&file->reactor, memory_order_acquire) : NULL;

    if (!carrier || carrier == r)
        return;
    carrier = rb_file_lock(file);
    if (!carrier)
        return;
    if (carrier != r && file->watched)
        rb_stream_release(carrier, file, RB_WHY_TWO_LOOPS);
    pthread_mutex_unlock(&carrier->lock);
}

/* Epoll carries the loop for now. A socket whose bytes the ring would move brings it back, if it is added by the thread
 * that waits: another's may be waiting in epoll at this very moment, and has to hear of this one there. */
static int change_resting(struct rb_reactor *r, int op, int fd, struct epoll_event *event) {
    const struct rb_file *file = rb_file_find(fd);
    struct stat st;
    bool owner;

    if (op != EPOLL_CTL_ADD || !event || !file || !is_hinted(file) || fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
        return -EXDEV;
    owner = rb_reactor_rests(r);
    r->called = true;
    atomic_store_explicit(&r->rester, NULL, memory_order_relaxed);
    if (!owner)
        return -EXDEV;
    r->state = RB_REACTOR_PENDING;
    return change(r, op, fd, event);
}

int rb_interest_ctl(struct rb_reactor *r, int op, int fd, struct epoll_event *event) {
    int result;

    if (op == EPOLL_CTL_ADD)
        stop_elsewhere(r, fd);

    pthread_mutex_lock(&r->lock);
    if (r->state == RB_REACTOR_EPOLL || r->state == RB_REACTOR_FREE)
        result = change_leftover(r, op, fd, event);
    else if (r->state == RB_REACTOR_RESTING)
        result = change_resting(r, op, fd, event);
    else
        result = change(r, op, fd, event);
    pthread_mutex_unlock(&r->lock);
    return result;
}

/* What the kernel's epoll has, or has no more, and no other loop carries. */
static void show_passed(const struct rb_reactor *r, int op, int fd, const struct rb_file *file) {
    enum rb_why why = file ? (enum rb_why)file->why : RB_WHY_LOOP_ON_EPOLL;

    if (r->state == RB_REACTOR_EPOLL)
        why = RB_WHY_LOOP_ON_EPOLL;
    else if (r->state == RB_REACTOR_RESTING)
        why = RB_WHY_READINESS_ONLY;
    if (file && atomic_load_explicit(&file->reactor, memory_order_relaxed))
        return;
    if (op == EPOLL_CTL_DEL)
        rb_show_nothing(fd);
    else if (op == EPOLL_CTL_ADD)
        rb_show_passed(r, fd, why);
}

void rb_interest_passed(struct rb_reactor *r, int op, int fd) {
    struct rb_file *file = rb_file_find(fd);

    pthread_mutex_lock(&r->lock);
    if (r->state != RB_REACTOR_FREE) {
        count_passed(r, op);
        show_passed(r, op, fd, file);
    }
    if (file && op == EPOLL_CTL_ADD) {
        file->passed = true;
        rb_accept_company(file);
    }
    pthread_mutex_unlock(&r->lock);
}
