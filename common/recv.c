#include "recv.h"

#include <errno.h>

#include "show.h"
#include "stream.h"
#include "uring_abi.h"

/* So much may wait in one stream's inbox before the kernel's own buffer, and with it the peer, has to hold the rest. */
enum { INBOX_MOST = 256 * 1024 };

static void arm(struct rb_reactor *r, struct rb_file *file) {
    struct rb_op *op;
    struct io_uring_sqe *sqe = rb_reactor_submit(r, RB_OP_RECV, file, &op);

    if (!sqe) {
        file->stream.recv = RB_RECV_READINESS;
        rb_show(r, file);
        return;
    }
    io_uring_prep_recv(sqe, file->fd, NULL, 0, 0);
    sqe->ioprio |= IORING_RECV_MULTISHOT;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = RB_BUFFER_GROUP;
    sqe->user_data = rb_op_user_data(op);
    file->stream.recv_op = op;
    file->stream.recv = RB_RECV_ARMED;
    rb_show(r, file);
    rb_count(r->stats, RB_COUNTER_RECVS, 1);
}

static void stop(struct rb_reactor *r, struct rb_file *file) {
    rb_reactor_cancel(r, file->stream.recv_op);
    file->stream.recv = RB_RECV_STOPPING;
}

/* The program does not read now: what arrives shall wait in the kernel, where the peer feels it. A stop costs two
 * completions, and programs pause between a request and its answer, so only bytes that really came justify it. */
static bool should_stop(const struct rb_file *file) {
    const struct rb_stream *stream = &file->stream;

    if (stream->recv != RB_RECV_ARMED)
        return false;
    return !file->watched || stream->waiting > INBOX_MOST || (stream->waiting > 0 && !(file->want & EPOLLIN));
}

void rb_recv_reconcile(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    if (stream->recv == RB_RECV_WANTED) {
        if (!r->pool) {
            stream->recv = RB_RECV_READINESS;
            rb_show(r, file);
        } else if ((file->want & EPOLLIN) && stream->waiting <= INBOX_MOST)
            arm(r, file);
    } else if (should_stop(file)) {
        stop(r, file);
    }
}

static void keep_bytes(struct rb_reactor *r, struct rb_file *file, unsigned flags, unsigned length) {
    struct rb_stream *stream = &file->stream;
    struct rb_chunk *chunk = rb_pool_take(r->pool, (uint16_t)(flags >> IORING_CQE_BUFFER_SHIFT), length);

    if (stream->last)
        stream->last->next = chunk;
    else
        stream->first = chunk;
    stream->last = chunk;
    stream->waiting += length;
    rb_count(r->stats, RB_COUNTER_RECV_COMPLETIONS, 1);
    rb_count(r->stats, RB_COUNTER_BYTES_IN, length);
    if (should_stop(file))
        stop(r, file);
}

/* The operation is over; what the stream does next depends on why. */
static void ended(struct rb_reactor *r, struct rb_file *file, int result) {
    struct rb_stream *stream = &file->stream;
    bool stopping = stream->recv == RB_RECV_STOPPING;

    stream->recv_op = NULL;
    rb_reactor_dirty(r, file);
    switch (result) {
    case 0:
        stream->recv = RB_RECV_ENDED;
        stream->recv_error = 0;
        break;
    case -ENOBUFS:
        /* Also how EOF shows when no buffer is free: POLL will tell. Who holds the buffers may hold them for long, and
         * of many that wait for the next one the same few would always be first: so the program reads once for itself,
         * in its turn, before the ring does again. */
        rb_count(r->stats, RB_COUNTER_RECV_NOBUFS, 1);
        if (r->pool)
            rb_pool_ran_dry(r->pool);
        stream->recv = RB_RECV_READINESS;
        break;
    case -ENOMEM: /* the operation failed, not the socket: the program reads for itself, and is told what is so */
    case -EINVAL:
    case -EOPNOTSUPP:
    case -EFAULT:
        rb_file_set_aside(file, RB_WHY_REFUSED);
        stream->recv = RB_RECV_READINESS;
        break;
    case -ECANCELED: /* we asked for it; or the kernel ended it with the thread that armed it */
    case -EINTR:
    case -EAGAIN:
        stream->recv = stopping ? RB_RECV_READINESS : RB_RECV_WANTED;
        break;
    default:
        if (result > 0) { /* a full completion queue or a limit of the kernel's ended it, the bytes are kept */
            stream->recv = stopping ? RB_RECV_READINESS : RB_RECV_WANTED;
            break;
        }
        stream->recv = RB_RECV_ENDED;
        stream->recv_error = -result;
    }
}

static void orphan_completed(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags) {
    if (result > 0 && (flags & IORING_CQE_F_BUFFER))
        rb_chunk_release(rb_pool_take(r->pool, (uint16_t)(flags >> IORING_CQE_BUFFER_SHIFT), 0));
    if (!(flags & IORING_CQE_F_MORE))
        rb_op_free(&r->ops, op);
}

void rb_recv_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags) {
    struct rb_file *file = op->file;

    if (!file) {
        orphan_completed(r, op, result, flags);
        return;
    }
    if (result > 0)
        keep_bytes(r, file, flags, (unsigned)result);
    if (!(flags & IORING_CQE_F_MORE)) {
        rb_op_free(&r->ops, op);
        ended(r, file, result);
        rb_show(r, file);
    }
    rb_reactor_ready(r, file);
}
