/* The side of a stream that writes: what the library is told, and what waits for the next turn. */
#include "stream.h"

#include <errno.h>

#include "beacon.h"
#include "clock.h"
#include "process.h"
#include "self.h"
#include "zerocopy.h"

size_t rb_stream_taken(const struct rb_file *file) {
    return file->stream.sent + rb_zerocopy_untold(file);
}

bool rb_stream_output_rests(const struct rb_file *file) {
    return file->stream.send == RB_SEND_IDLE && file->stream.sent == 0 && !rb_zerocopy_holds_back(file);
}

uint32_t rb_stream_output_events(const struct rb_file *file) {
    const struct rb_stream *stream = &file->stream;

    if (stream->sent > 0)
        return EPOLLOUT | EPOLLWRNORM;
    if (rb_zerocopy_holds_back(file))
        return 0; /* what comes next has to wait its turn */
    switch (stream->send) {
    case RB_SEND_IDLE:
        /* To its library an idle stream is writable: the write it makes then is what goes into the ring. */
        return rb_stream_sends(file) && !stream->blocked ? EPOLLOUT | EPOLLWRNORM : 0;
    case RB_SEND_FAILED:
        return EPOLLOUT | EPOLLWRNORM | EPOLLERR;
    case RB_SEND_WANTED:
    case RB_SEND_IN_FLIGHT:
        return 0;
    }
    return 0;
}

/* The library knows how its writes went. If the next does not leave by the ring, POLL tells from here on when there is
 * room. */
static void know(struct rb_file *file) {
    struct rb_reactor *r = atomic_load_explicit(&file->reactor, memory_order_relaxed);

    if (r->state == RB_REACTOR_RING && rb_stream_output_rests(file) && !rb_stream_sends(file))
        rb_reactor_dirty(r, file);
    rb_beacon_update(r);
}

ssize_t rb_stream_result(struct rb_file *file, size_t limit) {
    struct rb_stream *stream = &file->stream;
    size_t n = stream->sent < limit ? stream->sent : limit;

    if (stream->sent > 0) {
        stream->sent -= n;
        know(file);
        return (ssize_t)n;
    }
    if (rb_zerocopy_holds_back(file))
        return -EAGAIN;
    switch (stream->send) {
    case RB_SEND_IDLE:
        return 0;
    case RB_SEND_WANTED:
    case RB_SEND_IN_FLIGHT:
        return -EAGAIN;
    case RB_SEND_FAILED:
        stream->send = RB_SEND_IDLE;
        know(file);
        return -stream->send_error;
    }
    return 0;
}

void rb_stream_forget_result(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    if (stream->send == RB_SEND_FAILED)
        stream->send = RB_SEND_IDLE;
    stream->sent = 0;
    rb_zerocopy_forget(r, file);
}

/* ---- at once, or with the turn ----
 *
 * Stock libuv writes inside uv_write. What is gathered for the turn's one system call waits for the turn's end; that
 * pays where many writes share the call and the program is quick about each. Where it computes for long after a write,
 * or writes but once or twice a turn, a write at once costs no more and its peer need not wait. */

enum { MEAN_OF = 8, BATCH_FEW_16 = 24, BATCH_MANY_16 = 40, OTHERS_MANY = 48, TOGETHER_MOST = 64 };
#define EACH_NS_LONG UINT64_C(20000)

static void judge(struct rb_outflow *flow) {
    if (rb_process.config.value[RB_SETTING_PROFILE] == RB_PROFILE_THROUGHPUT)
        return;
    if (flow->each_ns > EACH_NS_LONG || flow->batch_16 < BATCH_FEW_16)
        flow->at_once = true;
    else if (flow->each_ns < EACH_NS_LONG / 2 && flow->batch_16 > BATCH_MANY_16)
        flow->at_once = false;
}

bool rb_outflow_crowded(const struct rb_reactor *r, const struct rb_file *file) {
    return r->outflow.sends - file->stream.sends_then > OTHERS_MANY &&
           rb_counted(r->stats, RB_COUNTER_BYTES_IN) >= rb_counted(r->stats, RB_COUNTER_BYTES_OUT) / 2;
}

void rb_outflow_weigh(struct rb_reactor *r) {
    struct rb_outflow *flow = &r->outflow;
    uint64_t each_ns;

    if (flow->writes == 0)
        return;
    if (flow->told_ns != 0) {
        each_ns = (rb_now_ns() - flow->told_ns) / flow->writes;
        if (each_ns > 4 * EACH_NS_LONG) /* one long turn does not make a habit */
            each_ns = 4 * EACH_NS_LONG;
        flow->each_ns += each_ns / MEAN_OF - flow->each_ns / MEAN_OF;
    }
    flow->batch_16 += flow->writes * 16 / MEAN_OF - flow->batch_16 / MEAN_OF;
    flow->writes = flow->waiting = 0;
    judge(flow);
}

void rb_outflow_told(struct rb_reactor *r) {
    /* Where but one or two are written a turn, how long each takes makes no difference, and the clock costs more. */
    r->outflow.told_ns = r->outflow.batch_16 >= BATCH_FEW_16 ? rb_now_ns() : 0;
}

void rb_outflow_interrupted(struct rb_reactor *r) {
    rb_outflow_weigh(r);
    r->outflow.told_ns = 0;
}

/* ---- writing ---- */

static void want(struct rb_reactor *r, struct rb_file *file) {
    file->stream.send = RB_SEND_WANTED;
    rb_unsent = true;
    rb_reactor_dirty(r, file);
}

bool rb_stream_may_send(const struct rb_reactor *r, const struct rb_file *file) {
    return rb_stream_goes_on_sending(file) && r->state == RB_REACTOR_RING && rb_reactor_owned(r) &&
           !file->stream.blocked;
}

ssize_t rb_stream_write(struct rb_reactor *r, struct rb_file *file, const struct iovec *iov, int count) {
    struct rb_stream *stream = &file->stream;
    bool owned = file->hint && file->hint->owns && file->hint->owns(file->hint_owner, iov, count);
    size_t total = rb_stream_total(iov, count);
    ssize_t got;

    /* A library that let go of the descriptor in another thread will not ask how its last write went. */
    if (!file->hint)
        rb_stream_forget_result(r, file);
    /* Somebody else's write on this socket: it must not overtake, nor be told the other's result. */
    if (!owned)
        return stream->send == RB_SEND_IDLE && stream->sent == 0 ? -EXDEV : -EAGAIN;
    if (total == 0 && stream->send != RB_SEND_FAILED && rb_stream_taken(file) > 0)
        return 0; /* an empty write between others: it is done when those before it are */
    got = rb_stream_result(file, total);
    if (got != 0)
        return got;
    if (total == 0 || !rb_stream_may_send(r, file))
        return -EXDEV;
    r->outflow.writes++;
    if (r->outflow.at_once && !rb_zerocopy_likely(r, file, total))
        return -EXDEV;
    want(r, file);
    if (++r->outflow.waiting % TOGETHER_MOST == 0)
        rb_reactor_send_now(r);
    return -EAGAIN;
}

void rb_stream_queue(struct rb_reactor *r, struct rb_file *file, struct rb_send *send) {
    file->stream.outgoing = send;
    want(r, file);
}

void rb_stream_more(struct rb_reactor *r, struct rb_file *file) {
    if (file->stream.send == RB_SEND_IDLE && rb_zerocopy_holds_back(file) && file->hint && file->hint->gather &&
        rb_stream_may_send(r, file))
        want(r, file);
}

void rb_stream_submit(struct rb_reactor *r, struct rb_file *file) {
    if (file->stream.send != RB_SEND_WANTED && file->stream.send != RB_SEND_IN_FLIGHT)
        return;
    rb_send_reconcile(r, file);
    if (rb_ring_unsubmitted(&r->ring) > 0)
        rb_reactor_flush(r);
}

void rb_stream_withdraw(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    if (stream->send != RB_SEND_WANTED)
        return;
    if (stream->outgoing)
        rb_send_dispose(r, stream->outgoing);
    stream->outgoing = NULL;
    stream->send = RB_SEND_IDLE;
}

void rb_stream_settle_send(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    rb_stream_submit(r, file);
    if (stream->send != RB_SEND_IN_FLIGHT)
        return;
    rb_reactor_cancel(r, stream->send_op);
    rb_reactor_settle(r, stream->send_op);
    /* What is queued behind it stays with the library, which may be about to let go of the stream. */
    rb_stream_withdraw(r, file);
}
