#include "send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "show.h"
#include "stream.h"
#include "uring_abi.h"
#include "zerocopy.h"

struct rb_send *rb_send_new(struct rb_reactor *r) {
    struct rb_send *send = r->sends_free;

    if (send)
        r->sends_free = send->next;
    else
        send = malloc(sizeof *send);
    if (!send)
        return NULL;
    memset(send, 0, offsetof(struct rb_send, message));
    return send;
}

void rb_send_dispose(struct rb_reactor *r, struct rb_send *send) {
    struct rb_send **list = send->unpin ? &r->released : &r->sends_free;

    send->next = *list;
    *list = send;
}

void rb_send_copy(struct rb_send *send, const struct iovec *iov, int count) {
    size_t total = 0;

    for (int i = 0; i < count; i++) {
        memcpy(send->copy + total, iov[i].iov_base, iov[i].iov_len);
        total += iov[i].iov_len;
    }
    send->buffer[0] = (struct iovec){send->copy, total};
    send->count = total > 0;
}

static void prepare(struct io_uring_sqe *sqe, int fd, struct rb_send *send, bool zerocopy) {
    /* Without MSG_WAITALL: a library that waits for a slow peer counts its time from the last bytes that were taken. */
    enum { FLAGS = MSG_NOSIGNAL };
    const struct iovec *first = &send->buffer[0];

    if (send->count == 1 && zerocopy) {
        io_uring_prep_send_zc(sqe, fd, first->iov_base, first->iov_len, FLAGS, 0);
    } else if (send->count == 1) {
        io_uring_prep_send(sqe, fd, first->iov_base, first->iov_len, FLAGS);
    } else {
        memset(&send->message, 0, sizeof send->message);
        send->message.msg_iov = send->buffer;
        send->message.msg_iovlen = (size_t)send->count;
        if (zerocopy)
            io_uring_prep_sendmsg_zc(sqe, fd, &send->message, FLAGS);
        else
            io_uring_prep_sendmsg(sqe, fd, &send->message, FLAGS);
    }
    if (zerocopy && rb_process.caps.have[RB_CAP_ZC_REPORT_USAGE])
        sqe->ioprio |= IORING_SEND_ZC_REPORT_USAGE;
}

/* What to send: captured when the write was made, or gathered from the library now, all that has queued up since. */
static struct rb_send *take_buffers(struct rb_reactor *r, struct rb_file *file) {
    struct rb_send *send = file->stream.outgoing;
    struct rb_gathered got = {0};

    if (send) {
        file->stream.outgoing = NULL;
        return send;
    }
    send = rb_send_new(r);
    if (!send) {
        rb_reactor_fail(r, "malloc", ENOMEM); /* the library would be asked to write again for ever */
        return NULL;
    }
    got.iov = send->buffer;
    got.max = RB_SEND_BUFFERS;
    got.skip = rb_stream_taken(file);
    got.crowded = rb_outflow_crowded(r, file);
    if (file->hint && file->hint->gather)
        send->count = file->hint->gather(file->hint_owner, &got);
    send->unpin = got.unpin;
    send->pin = got.pin;
    if (got.copy)
        rb_send_copy(send, send->buffer, send->count);
    if (send->count == 0) {
        rb_send_dispose(r, send);
        return NULL;
    }
    return send;
}

/* The library waits for writability only to hand over what we can see already: its first write call is spared. */
static bool may_offer(const struct rb_file *file) {
    return atomic_load_explicit(&file->carried, memory_order_relaxed) && (file->want & EPOLLOUT) && file->hint &&
           file->hint->eager && rb_stream_output_rests(file) && rb_stream_sends(file) && !file->stream.blocked;
}

void rb_send_reconcile(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;
    struct io_uring_sqe *sqe;
    struct rb_send *send;
    struct rb_op *op;

    if (stream->send == RB_SEND_IDLE ? !may_offer(file) : stream->send != RB_SEND_WANTED)
        return;
    send = take_buffers(r, file);
    sqe = send ? rb_reactor_submit(r, RB_OP_SEND, file, &op) : NULL;
    if (!sqe) {
        /* Nothing left the process: the library is asked to write again, and finds the stream idle. */
        if (send)
            rb_send_dispose(r, send);
        stream->send = RB_SEND_IDLE;
        rb_reactor_ready(r, file);
        return;
    }
    prepare(sqe, file->fd, send, rb_zerocopy_begin(r, file, send));
    sqe->user_data = rb_op_user_data(op);
    op->send = send;
    stream->send_op = op;
    stream->send = RB_SEND_IN_FLIGHT;
    r->sending++;
    stream->sends_then = ++r->outflow.sends;
    rb_count(r->stats, RB_COUNTER_SENDS, 1);
}

/* The operation failed, not the socket: nothing was taken, and the library's next write goes past the ring and is told
 * what is so. */
static bool says_nothing_of_the_socket(int error) {
    return error == ENOMEM || error == ENOBUFS || error == EINVAL || error == EOPNOTSUPP || error == EFAULT;
}

/* What the stream learns of its write. */
static void conclude(struct rb_reactor *r, struct rb_file *file, bool zerocopy, int result) {
    struct rb_stream *stream = &file->stream;

    stream->send_op = NULL;
    r->sending--;
    if (result >= 0 || result == -ECANCELED || result == -EAGAIN || result == -EINTR) {
        stream->send = RB_SEND_IDLE; /* the library is told, or writes again what was not taken */
    } else if (says_nothing_of_the_socket(-result) && zerocopy) {
        rb_zerocopy_refused(r, file, -result);
        stream->send = RB_SEND_IDLE; /* it writes again, and that is copied */
    } else if (says_nothing_of_the_socket(-result)) {
        stream->send = RB_SEND_IDLE;
        rb_show_set_aside(r, file, RB_WHY_REFUSED);
        rb_reactor_dirty(r, file); /* POLL tells from now on when there is room */
    } else {
        stream->send = RB_SEND_FAILED;
        stream->send_error = -result;
    }
    rb_stream_more(r, file);
    rb_reactor_ready(r, file);
}

/* The result. The memory stays pinned if a notification is to follow. */
static void finish(struct rb_reactor *r, struct rb_op *op, int result, bool more) {
    struct rb_file *file = op->file;
    struct rb_send *send = op->send;
    bool zerocopy = send->pinned, queued = false;
    size_t taken = result > 0 ? (size_t)result : 0;

    rb_count(r->stats, RB_COUNTER_BYTES_OUT, taken);
    if (more)
        rb_op_result_came(&r->ops, op);
    else
        rb_op_free(&r->ops, op);
    if (file && taken > 0)
        queued = !rb_zerocopy_taken(file, send, more);
    if (file && taken > 0 && !queued)
        file->stream.sent += taken;
    if (zerocopy && !more)
        rb_zerocopy_let_go(r, send);
    else if (!zerocopy && !queued)
        rb_send_dispose(r, send);
    if (file)
        conclude(r, file, zerocopy, result);
}

void rb_send_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags) {
    struct rb_send *send = op->send;

    if (flags & IORING_CQE_F_NOTIF) {
        rb_op_free(&r->ops, op);
        if (send) /* it has not moved to another loop with its stream */
            rb_zerocopy_notified(r, send, result);
        return;
    }
    send->taken = result > 0 ? (size_t)result : 0;
    finish(r, op, result, (flags & IORING_CQE_F_MORE) != 0);
}
