#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "highfd.h"
#include "uring_abi.h"

enum { SIGSET_BYTES = _NSIG / 8 };

static unsigned setup_flags(const struct rb_caps *caps) {
    unsigned flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;

    /* A ring that another thread has to end must be open to that thread, or be one whose operations do nothing more
     * without their owner. With SINGLE_ISSUER alone it is neither: until the kernel's worker has ended it, milliseconds
     * later, it accepts connections and receives bytes of which nobody ever hears. */
    if (caps->have[RB_CAP_DEFER_TASKRUN] && caps->have[RB_CAP_SINGLE_ISSUER])
        flags |= IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    else if (caps->have[RB_CAP_COOP_TASKRUN])
        flags |= IORING_SETUP_COOP_TASKRUN;
    /* The kernel takes TASKRUN_FLAG only together with one of the two. */
    if (caps->have[RB_CAP_TASKRUN_FLAG] && (flags & (IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN)))
        flags |= IORING_SETUP_TASKRUN_FLAG;
    return flags;
}

/* Programs expect the lowest free numbers for their own descriptors, and closefrom(3) is a habit: stay out of reach. */
static void move_out_of_the_way(struct rb_ring *ring) {
    int high = rb_highfd_move(ring->uring.ring_fd);

    ring->uring.ring_fd = high;
    ring->uring.enter_ring_fd = high;
}

int rb_ring_open(struct rb_ring *ring, const struct rb_caps *caps, unsigned sq_entries, unsigned cq_entries) {
    struct io_uring_params params;
    int error;

    memset(ring, 0, sizeof *ring);
    memset(&params, 0, sizeof params);
    params.flags = setup_flags(caps);
    params.cq_entries = cq_entries;
    error = io_uring_queue_init_params(sq_entries, &ring->uring, &params);
    if (error < 0)
        return error;
    move_out_of_the_way(ring);
    ring->sees_taskrun = (params.flags & IORING_SETUP_TASKRUN_FLAG) != 0;
    ring->can_tie = caps->have[RB_CAP_FUTEX_WAIT];
    ring->one_issuer = (params.flags & IORING_SETUP_SINGLE_ISSUER) != 0;
    ring->enter_flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
    if (caps->have[RB_CAP_NO_IOWAIT])
        ring->enter_flags |= IORING_ENTER_NO_IOWAIT;
    /* Not registered with the task (IORING_REGISTER_RING_FDS), which saves 20 ns a call: a ring that is registered
     * lives, and holds the sockets of its operations, until the thread ends or takes the registration back itself. */
    ring->open = true;
    return 0;
}

void rb_ring_close(struct rb_ring *ring) {
    if (!ring->open)
        return;
    ring->open = false;
    io_uring_queue_exit(&ring->uring);
    rb_ring_note_end();
}

/* Measured: 12 to 40 ms, on an idle machine. */
enum { LATELY_MS = 150 };

static _Atomic uint64_t ended_ms; /* 0: long ago */

void rb_ring_note_end(void) {
    atomic_store_explicit(&ended_ms, rb_now_ms(), memory_order_relaxed);
}

bool rb_ring_ended_lately(void) {
    uint64_t at_ms = atomic_load_explicit(&ended_ms, memory_order_relaxed);

    if (at_ms == 0)
        return false;
    if (rb_now_ms() - at_ms < LATELY_MS)
        return true;
    atomic_compare_exchange_strong_explicit(&ended_ms, &at_ms, 0, memory_order_relaxed, memory_order_relaxed);
    return false;
}

/* Publish the queued entries to the kernel. Returns how many it has not taken yet. */
static unsigned publish(struct rb_ring *ring) {
    struct io_uring_sq *sq = &ring->uring.sq;
    unsigned tail = *sq->ktail;

    while (sq->sqe_head != sq->sqe_tail) {
        sq->array[tail & *sq->kring_mask] = sq->sqe_head & *sq->kring_mask;
        tail++;
        sq->sqe_head++;
    }
    io_uring_smp_store_release(sq->ktail, tail);
    return tail - io_uring_smp_load_acquire(sq->khead);
}

struct io_uring_sqe *rb_ring_sqe(struct rb_ring *ring) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);

    if (!sqe) {
        /* Submitting makes room at once: the kernel copies each entry before it returns. */
        if (rb_ring_enter(ring, 0, NULL, NULL) == RB_ENTER_BROKEN)
            return NULL;
        sqe = io_uring_get_sqe(&ring->uring);
    }
    if (sqe)
        memset(sqe, 0, sizeof *sqe);
    return sqe;
}

/* A task that dies cancels, before it closes its descriptors, those operations that the kernel tracks. A chain of
 * operations is tracked as a whole when a futex wait is part of it. All others hold their sockets until a worker of the
 * kernel's gets to them, milliseconds later. This wait never begins: the value is not what it waits for. */
void rb_ring_tie(struct rb_ring *ring, struct io_uring_sqe *sqe) {
    static const uint32_t zero = 0;
    struct io_uring_sqe *wait;

    /* A chain has to be submitted as one; where that cannot be, the operation goes untied. */
    if (!ring->can_tie || io_uring_sq_space_left(&ring->uring) == 0)
        return;
    wait = rb_ring_sqe(ring);
    sqe->flags |= IOSQE_IO_LINK;
    rb_uring_prep_futex_wait(wait, &zero, 1);
    wait->user_data = 0;
}

unsigned rb_ring_unsubmitted(const struct rb_ring *ring) {
    const struct io_uring_sq *sq = &ring->uring.sq;

    return (sq->sqe_tail - sq->sqe_head) + (*sq->ktail - io_uring_smp_load_acquire(sq->khead));
}

bool rb_ring_take_back(struct rb_ring *ring, uint64_t *user_data) {
    const struct io_uring_sq *sq = &ring->uring.sq;
    unsigned tail;

    if (publish(ring) == 0)
        return false;
    tail = *sq->ktail - 1;
    *user_data = sq->sqes[sq->array[tail & *sq->kring_mask]].user_data;
    io_uring_smp_store_release(sq->ktail, tail);
    return true;
}

bool rb_ring_has_news(const struct rb_ring *ring) {
    const struct io_uring_cq *cq = &ring->uring.cq;

    if (io_uring_smp_load_acquire(cq->ktail) != *cq->khead)
        return true;
    if (!ring->sees_taskrun)
        return true;
    return (IO_URING_READ_ONCE(*ring->uring.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

static enum rb_enter outcome(struct rb_ring *ring, int error) {
    switch (error) {
    case ETIME:
        return RB_ENTER_TIMEOUT;
    case EINTR:
        return RB_ENTER_INTERRUPTED;
    case EAGAIN: /* no memory for a request just now */
    case EBUSY:  /* completions overflowed and must be taken first */
        return RB_ENTER_BUSY;
    default: /* EPERM, ENOSYS, EACCES: a filter was installed; EBADF: closed behind our back; ENXIO, EOPNOTSUPP */
        ring->error = error;
        return RB_ENTER_BROKEN;
    }
}

enum rb_enter rb_ring_enter(struct rb_ring *ring, unsigned wait_for, const struct timespec *timeout,
                            const sigset_t *mask) {
    struct io_uring_getevents_arg arg = {0};
    struct __kernel_timespec limit;
    unsigned to_submit = publish(ring);
    int got;

    if (timeout) {
        limit.tv_sec = timeout->tv_sec;
        limit.tv_nsec = timeout->tv_nsec;
        arg.ts = (uint64_t)(uintptr_t)&limit;
    }
    if (mask) {
        arg.sigmask = (uint64_t)(uintptr_t)mask;
        arg.sigmask_sz = SIGSET_BYTES;
    }
    got = io_uring_enter2((unsigned)ring->uring.ring_fd, to_submit, wait_for, ring->enter_flags, (sigset_t *)&arg,
                          sizeof arg);
    ring->enters++;
    if (got < 0)
        return outcome(ring, -got);
    ring->submitted += (unsigned)got;
    if ((unsigned)got < to_submit)
        return RB_ENTER_BUSY; /* it stopped at an entry, and did not wait */
    /* Having submitted something, the kernel reports the count even when a signal or the timeout ended the wait; the
     * caller sees it by the missing completions. */
    return RB_ENTER_OK;
}

unsigned rb_ring_peek(struct rb_ring *ring, struct io_uring_cqe *out, unsigned max) {
    struct io_uring_cq *cq = &ring->uring.cq;
    unsigned head = *cq->khead, mask = *cq->kring_mask;
    unsigned ready = io_uring_smp_load_acquire(cq->ktail) - head;
    unsigned n = ready < max ? ready : max;

    for (unsigned i = 0; i < n; i++)
        out[i] = cq->cqes[(head + i) & mask];
    io_uring_smp_store_release(cq->khead, head + n);
    return n;
}
