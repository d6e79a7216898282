/* The core's calls to io_uring, by the linker's --wrap.
 *
 * What a completion says must be so: a receive that is told to have failed must not have taken bytes. So the entry is
 * changed before the kernel sees it: into one that does nothing (its completion is then given the wanted result), a
 * single shot, a shorter one; or the operation is really cancelled, and its last completion gets another name for it.
 */
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/ring.h"
#include "inject.h"
#include "rings.h"

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *uring, struct io_uring_params *params);
void __real_io_uring_queue_exit(struct io_uring *uring);
int __real_io_uring_register_probe(struct io_uring *uring, struct io_uring_probe *probe, unsigned count);
int __real_io_uring_register_buf_ring(struct io_uring *uring, struct io_uring_buf_reg *reg, unsigned flags);
int __real_io_uring_submit_and_get_events(struct io_uring *uring);
int __real_io_uring_wait_cqe_timeout(struct io_uring *uring, struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *limit);
int __real_io_uring_enter2(unsigned fd, unsigned to_submit, unsigned wait_for, unsigned flags, sigset_t *arg,
                           size_t arg_size);
unsigned __real_rb_ring_peek(struct rb_ring *ring, struct io_uring_cqe *out, unsigned max);

int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *uring, struct io_uring_params *params);
void __wrap_io_uring_queue_exit(struct io_uring *uring);
int __wrap_io_uring_register_probe(struct io_uring *uring, struct io_uring_probe *probe, unsigned count);
int __wrap_io_uring_register_buf_ring(struct io_uring *uring, struct io_uring_buf_reg *reg, unsigned flags);
int __wrap_io_uring_submit_and_get_events(struct io_uring *uring);
int __wrap_io_uring_wait_cqe_timeout(struct io_uring *uring, struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *limit);
int __wrap_io_uring_enter2(unsigned fd, unsigned to_submit, unsigned wait_for, unsigned flags, sigset_t *arg,
                           size_t arg_size);
unsigned __wrap_rb_ring_peek(struct rb_ring *ring, struct io_uring_cqe *out, unsigned max);

/* The one operation whose completions are to be changed. */
static struct {
    pthread_mutex_t lock;
    const struct io_uring *uring; /* NULL: none */
    uint64_t user_data;
    enum effect effect;
    int error;
    bool ending; /* EFFECT_END: it is being cancelled */
} victim = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What the kernel reads instead of the core's own when a SENDMSG is made shorter. */
static struct msghdr short_message;
static struct iovec short_buffer;

/* ---- set-up ---- */

int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *uring, struct io_uring_params *params) {
    struct fault fault = inject_point(POINT_SETUP);
    int result =
        fault.effect == EFFECT_NONE ? __real_io_uring_queue_init_params(entries, uring, params) : -fault.argument;
    if (result == 0)
        rings_add(uring);
    return result;
}

void __wrap_io_uring_queue_exit(struct io_uring *uring) {
    rings_drop(uring);
    pthread_mutex_lock(&victim.lock);
    if (victim.uring == uring)
        victim.uring = NULL;
    pthread_mutex_unlock(&victim.lock);
    __real_io_uring_queue_exit(uring);
}

int __wrap_io_uring_register_probe(struct io_uring *uring, struct io_uring_probe *probe, unsigned count) {
    struct fault fault = inject_point(POINT_REGISTER);
    return fault.effect == EFFECT_NONE ? __real_io_uring_register_probe(uring, probe, count) : -fault.argument;
}

int __wrap_io_uring_register_buf_ring(struct io_uring *uring, struct io_uring_buf_reg *reg, unsigned flags) {
    struct fault fault = inject_point(POINT_REGISTER);
    struct ring *ring = rings_find(uring);
    int result = fault.effect == EFFECT_NONE ? __real_io_uring_register_buf_ring(uring, reg, flags) : -fault.argument;
    if (result == 0 && ring) {
        ring->buffers = (struct io_uring_buf_ring *)(uintptr_t)reg->ring_addr;
        ring->buffer_count = reg->ring_entries;
    }
    return result;
}

/* The probe's trials: a kernel that does not know an operation says EINVAL, and stops submitting there. */
int __wrap_io_uring_submit_and_get_events(struct io_uring *uring) {
    enum { UNKNOWN_OPCODE = 255 };
    struct ring *ring = rings_find(uring);
    struct fault fault = inject_point(POINT_ENTER);
    for (unsigned i = uring->sq.sqe_head; i != uring->sq.sqe_tail; i++) {
        if (!ring || (int)(i - ring->seen) < 0)
            continue;
        ring->seen = i + 1;
        if (inject_point(POINT_TRIAL).effect != EFFECT_NONE)
            uring->sq.sqes[i & *uring->sq.kring_mask].opcode = UNKNOWN_OPCODE;
    }
    if (fault.effect == EFFECT_FAIL)
        return -fault.argument;
    if (fault.effect != EFFECT_NONE)
        inject_undone();
    return __real_io_uring_submit_and_get_events(uring);
}

int __wrap_io_uring_wait_cqe_timeout(struct io_uring *uring, struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *limit) {
    struct fault fault = inject_point(POINT_ENTER);
    if (fault.effect == EFFECT_FAIL)
        return -fault.argument;
    if (fault.effect != EFFECT_NONE)
        inject_undone();
    return __real_io_uring_wait_cqe_timeout(uring, cqe, limit);
}

/* ---- entries ---- */

static enum point point_of(const struct io_uring_sqe *sqe) {
    switch (sqe->opcode) {
    case IORING_OP_POLL_ADD:
        return POINT_POLL;
    case IORING_OP_RECV:
        return POINT_RECV;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
    case IORING_OP_SEND_ZC:
    case IORING_OP_SENDMSG_ZC:
        return POINT_SEND;
    case IORING_OP_ACCEPT:
        return POINT_ACCEPT;
    case IORING_OP_ASYNC_CANCEL:
        return POINT_CANCEL;
    default:
        return POINT_COUNT;
    }
}

static bool is_zero_copy(const struct io_uring_sqe *sqe) {
    return sqe->opcode == IORING_OP_SEND_ZC || sqe->opcode == IORING_OP_SENDMSG_ZC;
}

static void choose_victim(const struct ring *ring, const struct io_uring_sqe *sqe, struct fault fault) {
    pthread_mutex_lock(&victim.lock);
    victim.uring = ring->uring;
    victim.user_data = sqe->user_data;
    victim.effect = fault.effect;
    victim.error = fault.argument;
    victim.ending = false;
    pthread_mutex_unlock(&victim.lock);
}

static void make_nop(struct io_uring_sqe *sqe) {
    uint64_t user_data = sqe->user_data;
    uint8_t flags = sqe->flags & IOSQE_IO_LINK;
    io_uring_prep_nop(sqe);
    sqe->flags = flags;
    sqe->user_data = user_data;
}

static bool make_single_shot(struct io_uring_sqe *sqe) {
    switch (sqe->opcode) {
    case IORING_OP_POLL_ADD:
        if (!(sqe->len & IORING_POLL_ADD_MULTI))
            return false;
        sqe->len &= ~IORING_POLL_ADD_MULTI;
        return true;
    case IORING_OP_RECV:
        sqe->ioprio &= (uint16_t)~IORING_RECV_MULTISHOT;
        return true;
    case IORING_OP_ACCEPT:
        sqe->ioprio &= (uint16_t)~IORING_ACCEPT_MULTISHOT;
        return true;
    default:
        return false;
    }
}

static size_t shortened(size_t size, int bytes) {
    if (bytes >= 0)
        return size > (size_t)bytes ? (size_t)bytes : size;
    return size > (size_t)-bytes ? size - (size_t)-bytes : size;
}

/* The first buffer of several is enough: short is what it has to be. */
static bool make_shorter(struct io_uring_sqe *sqe, int bytes) {
    const struct msghdr *message = (const struct msghdr *)(uintptr_t)sqe->addr;
    if (sqe->opcode == IORING_OP_SEND || sqe->opcode == IORING_OP_SEND_ZC) {
        size_t size = shortened(sqe->len, bytes);
        bool is_shorter = size < sqe->len;
        sqe->len = (uint32_t)size;
        return is_shorter;
    }
    if ((sqe->opcode != IORING_OP_SENDMSG && sqe->opcode != IORING_OP_SENDMSG_ZC) || message->msg_iovlen == 0)
        return false;
    short_buffer = message->msg_iov[0];
    short_buffer.iov_len = shortened(short_buffer.iov_len, bytes);
    short_message = *message;
    short_message.msg_iov = &short_buffer;
    short_message.msg_iovlen = 1;
    sqe->addr = (uint64_t)(uintptr_t)&short_message;
    return short_buffer.iov_len > 0;
}

static void change_entry(struct ring *ring, struct io_uring_sqe *sqe, struct fault fault) {
    bool done = true;
    switch (fault.effect) {
    case EFFECT_NONE:
    case EFFECT_PARTIAL:
        return;
    case EFFECT_FAIL:
    case EFFECT_REFUSE:
        choose_victim(ring, sqe, fault);
        make_nop(sqe);
        break;
    case EFFECT_END:
        done = sqe->opcode != IORING_OP_POLL_ADD || (sqe->len & IORING_POLL_ADD_MULTI);
        if (done)
            choose_victim(ring, sqe, fault);
        break;
    case EFFECT_ONCE:
        done = make_single_shot(sqe);
        break;
    case EFFECT_SHORT:
        done = make_shorter(sqe, fault.argument);
        break;
    case EFFECT_LATE:
        ring->later = *sqe;
        ring->has_later = true;
        make_nop(sqe);
        break;
    }
    if (!done)
        inject_undone();
}

/* What is masked is not in this kernel: a flag that none knows gets the answer of one that does not know it. */
static void refuse_what_is_masked(struct io_uring_sqe *sqe) {
    const char *masked = getenv("RINGBACK_DISABLE");
    const uint32_t unknown_flag = UINT32_C(1) << 31;
    if (sqe->opcode == IORING_OP_ASYNC_CANCEL && (sqe->cancel_flags & IORING_ASYNC_CANCEL_ANY) && masked &&
        strstr(masked, "cancel_any"))
        sqe->cancel_flags |= unknown_flag;
}

static void look_at_entries(struct ring *ring) {
    const struct io_uring_sq *sq = &ring->uring->sq;
    unsigned head = io_uring_smp_load_acquire(sq->khead), tail = *sq->ktail;
    /* What was taken back does not count as seen. */
    if ((int)(ring->seen - tail) > 0)
        ring->seen = tail;
    if ((int)(ring->seen - head) < 0)
        ring->seen = head;
    for (; ring->seen != tail; ring->seen++) {
        struct io_uring_sqe *sqe = &sq->sqes[sq->array[ring->seen & *sq->kring_mask]];
        enum point point = point_of(sqe);
        bool zero_copy = is_zero_copy(sqe);
        refuse_what_is_masked(sqe);
        if (point != POINT_COUNT)
            change_entry(ring, sqe, inject_point(point));
        if (zero_copy)
            change_entry(ring, sqe, inject_point(POINT_ZEROCOPY));
    }
}

/* Put in the entry of ours that waits for this. Returns how many there are. */
static unsigned add_later(struct ring *ring) {
    struct io_uring_sq *sq = &ring->uring->sq;
    unsigned tail = *sq->ktail, mask = *sq->kring_mask;
    if (!ring->has_later || tail - io_uring_smp_load_acquire(sq->khead) > mask)
        return 0;
    ring->has_later = false;
    sq->sqes[sq->sqe_tail & mask] = ring->later;
    sq->array[tail & mask] = sq->sqe_tail & mask;
    sq->sqe_tail++;
    sq->sqe_head++;
    io_uring_smp_store_release(sq->ktail, tail + 1);
    ring->seen = tail + 1;
    return 1;
}

/* ---- the one call of a turn ---- */

static void set_buffer_sizes(const struct ring *ring, unsigned from, unsigned to) {
    for (unsigned i = 0; ring && i < ring->buffer_count; i++)
        if (ring->buffers->bufs[i].len == from)
            ring->buffers->bufs[i].len = to;
}

int __wrap_io_uring_enter2(unsigned fd, unsigned to_submit, unsigned wait_for, unsigned flags, sigset_t *arg,
                           size_t arg_size) {
    enum { BUFFER_BYTES = 16384 };
    struct ring *ring = rings_of_fd(fd);
    struct fault fault = inject_point(POINT_ENTER);
    unsigned added = 0;
    int result;

    if (fault.effect == EFFECT_FAIL)
        return -fault.argument;
    if (ring) {
        look_at_entries(ring);
        added = add_later(ring);
        to_submit += added;
    }
    if (fault.effect == EFFECT_PARTIAL) {
        if (to_submit > 0)
            return __real_io_uring_enter2(fd, to_submit - 1, 0, flags, arg, arg_size);
        inject_undone();
    }
    if (fault.effect == EFFECT_SHORT)
        set_buffer_sizes(ring, BUFFER_BYTES, (unsigned)fault.argument);
    result = __real_io_uring_enter2(fd, to_submit, wait_for, flags, arg, arg_size);
    if (fault.effect == EFFECT_SHORT)
        set_buffer_sizes(ring, (unsigned)fault.argument, BUFFER_BYTES);
    return result > 0 && added > 0 ? result - (int)added : result;
}

/* ---- completions ---- */

static void end_victim(struct ring *ring) {
    memset(&ring->later, 0, sizeof ring->later);
    io_uring_prep_cancel64(&ring->later, victim.user_data, 0);
    ring->later.user_data = 0;
    ring->has_later = true;
    victim.ending = true;
}

/* Notifications that have come and are told later. */
enum { HELD_MOST = 64, LATE_MS = 30 };

static struct {
    const struct io_uring *uring;
    double due_ms;
    struct io_uring_cqe cqe; /* last: it may be longer */
} held[HELD_MOST];
static unsigned held_count;

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Returns whether there is room to hold it. A timeout of ours wakes the loop when it is due, as its coming would. */
static bool hold(struct ring *ring, const struct io_uring_cqe *cqe, int ms) {
    static struct __kernel_timespec time;
    if (held_count == HELD_MOST)
        return false;
    held[held_count].uring = ring->uring;
    held[held_count].cqe = *cqe;
    held[held_count++].due_ms = now_ms() + ms;
    if (ring->has_later)
        return true;
    time = (struct __kernel_timespec){.tv_nsec = (ms + 1) * 1000000LL};
    memset(&ring->later, 0, sizeof ring->later);
    io_uring_prep_timeout(&ring->later, &time, 0, 0);
    ring->later.user_data = 0;
    ring->has_later = true;
    return true;
}

/* Those that are due. Returns how many entries there are in `out` now. */
static unsigned tell_held(const struct io_uring *uring, struct io_uring_cqe *out, unsigned n, unsigned max) {
    double now = held_count > 0 ? now_ms() : 0;
    for (unsigned i = 0; i < held_count && n < max;) {
        if (held[i].uring != uring || held[i].due_ms > now) {
            i++;
            continue;
        }
        out[n++] = held[i].cqe;
        memmove(&held[i], &held[i + 1], (--held_count - i) * sizeof *held);
    }
    return n;
}

/* Take out the notifications that are to be late. Returns how many entries are left. */
static unsigned hold_notifications(struct ring *ring, struct io_uring_cqe *out, unsigned n) {
    unsigned left = 0;
    for (unsigned i = 0; i < n; i++) {
        bool late = (out[i].flags & IORING_CQE_F_NOTIF) && inject_point(POINT_NOTIFY).effect == EFFECT_LATE;
        if (late && hold(ring, &out[i], LATE_MS))
            continue;
        if (late)
            inject_undone();
        out[left++] = out[i];
    }
    return left;
}

static void change_completion(struct ring *ring, struct io_uring_cqe *cqe) {
    bool more = cqe->flags & IORING_CQE_F_MORE;
    if (victim.effect == EFFECT_REFUSE) {
        struct io_uring_cqe notification = {.user_data = cqe->user_data, .flags = IORING_CQE_F_NOTIF};
        cqe->res = -victim.error;
        cqe->flags = hold(ring, &notification, 1) ? IORING_CQE_F_MORE : 0;
        victim.uring = NULL;
    } else if (victim.effect == EFFECT_FAIL) {
        cqe->res = -victim.error;
        cqe->flags = 0;
        victim.uring = NULL;
    } else if (more && !victim.ending) {
        end_victim(ring);
    } else if (!more) {
        if (victim.ending && cqe->res == -ECANCELED)
            cqe->res = -victim.error;
        victim.uring = NULL;
    }
}

unsigned __wrap_rb_ring_peek(struct rb_ring *ring, struct io_uring_cqe *out, unsigned max) {
    unsigned n = __real_rb_ring_peek(ring, out, max);
    struct ring *known = n > 0 || held_count > 0 ? rings_find(&ring->uring) : NULL;
    if (!known)
        return n;
    pthread_mutex_lock(&victim.lock);
    n = hold_notifications(known, out, n);
    for (unsigned i = 0; i < n; i++)
        if (victim.uring == &ring->uring && victim.user_data == out[i].user_data)
            change_completion(known, &out[i]);
    n = tell_held(&ring->uring, out, n, max);
    pthread_mutex_unlock(&victim.lock);
    return n;
}
