#include "wake.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/single_threaded.h>

#include "highfd.h"
#include "libc/real.h"
#include "process.h"
#include "rawcall.h"

static void arm(struct rb_reactor *r, int fd, enum rb_op_kind kind, struct rb_op **op) {
    struct io_uring_sqe *sqe = rb_reactor_submit(r, kind, NULL, op);

    if (!sqe)
        return;
    if (rb_process.caps.have[RB_CAP_POLL_MULTISHOT])
        io_uring_prep_poll_multishot(sqe, fd, POLLIN);
    else
        io_uring_prep_poll_add(sqe, fd, POLLIN);
    sqe->user_data = rb_op_user_data(*op);
}

void rb_wake(struct rb_reactor *r) {
    uint64_t one = 1;

    if (r->wake_fd >= 0)
        rb_real_write_now(r->wake_fd, &one, sizeof one);
}

void rb_wake_reconcile(struct rb_reactor *r) {
    if (__libc_single_threaded || r->wake_op)
        return;
    if (r->wake_fd < 0) {
        int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

        if (fd < 0) {
            rb_reactor_fail(r, "eventfd", errno); /* other threads could not make themselves heard */
            return;
        }
        r->wake_fd = rb_highfd_move(fd);
    }
    arm(r, r->wake_fd, RB_OP_WAKE, &r->wake_op);
}

void rb_wake_complete(struct rb_reactor *r, struct rb_op *op, unsigned flags) {
    uint64_t count;

    rb_real_read_now(r->wake_fd, &count, sizeof count);
    if (flags & IORING_CQE_F_MORE)
        return;
    rb_op_free(&r->ops, op);
    r->wake_op = NULL;
}

void rb_wake_close(struct rb_reactor *r) {
    if (r->wake_fd >= 0)
        rb_rawcall_close(r->wake_fd);
    r->wake_fd = -1;
}

void rb_epfd_reconcile(struct rb_reactor *r) {
    if (r->passthrough == 0 || r->epfd_op)
        return;
    arm(r, r->epfd, RB_OP_EPFD, &r->epfd_op);
}

void rb_epfd_complete(struct rb_reactor *r, struct rb_op *op, unsigned flags) {
    r->epfd_ready = true;
    if (flags & IORING_CQE_F_MORE)
        return;
    rb_op_free(&r->ops, op);
    r->epfd_op = NULL;
}
