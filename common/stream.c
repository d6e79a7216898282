#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "accept.h"
#include "libc/real.h"
#include "process.h"
#include "show.h"
#include "zerocopy.h"

size_t rb_stream_total(const struct iovec *iov, int count) {
    size_t total = 0;

    for (int i = 0; i < count; i++)
        total += iov[i].iov_len;
    return total;
}

/* Does the library itself say that this is a stream of its own? */
static bool hinted(const struct rb_file *file) {
    return file->hint && file->hint->stream;
}

static bool allowed(const struct rb_file *file) {
    if (file->kind == RB_KIND_OTHER || file->kind == RB_KIND_LISTENER || (file->want & RB_STREAM_UNUSUAL))
        return false;
    switch (rb_process.streams) {
    case RB_STREAMS_OFF:
        return false;
    case RB_STREAMS_HINTED:
        return hinted(file);
    case RB_STREAMS_AUTO:
        return true;
    }
    return false;
}

bool rb_stream_candidate(const struct rb_file *file) {
    return file->stream.recv == RB_RECV_READINESS && !file->stream.bulk && allowed(file) &&
           rb_process.caps.have[RB_CAP_RECV_MULTISHOT] && rb_process.caps.have[RB_CAP_BUFFER_RING];
}

bool rb_stream_receives(const struct rb_file *file) {
    switch (file->stream.recv) {
    case RB_RECV_READINESS:
    case RB_RECV_OVER:
        return file->stream.waiting > 0;
    case RB_RECV_WANTED:
    case RB_RECV_ARMED:
    case RB_RECV_STOPPING:
    case RB_RECV_ENDED:
        return true;
    }
    return false;
}

bool rb_stream_owes_an_error(const struct rb_file *file) {
    return file->stream.recv == RB_RECV_ENDED && file->stream.recv_error != 0;
}

bool rb_stream_sends(const struct rb_file *file) {
    return !rb_stream_output_rests(file) || rb_stream_goes_on_sending(file);
}

bool rb_stream_goes_on_sending(const struct rb_file *file) {
    return file->kind == RB_KIND_STREAM && hinted(file) && !(file->want & RB_STREAM_UNUSUAL) &&
           rb_process.streams != RB_STREAMS_OFF && rb_process.caps.have[RB_CAP_SEND];
}

uint32_t rb_stream_events(const struct rb_file *file) {
    const struct rb_stream *stream = &file->stream;
    uint32_t events = 0;

    if (stream->waiting > 0)
        events |= EPOLLIN | EPOLLRDNORM;
    else if (stream->recv == RB_RECV_ENDED)
        events |= EPOLLIN | EPOLLRDNORM;
    if (stream->recv == RB_RECV_ENDED && stream->recv_error)
        events |= EPOLLERR | EPOLLHUP; /* a socket tells of it at once, even while bytes wait before it */
    return events | rb_stream_output_events(file);
}

/* A connected, non-blocking stream socket? The program has just moved bytes through it, so it is connected.
 * local  AF_UNIX will do. A receive drops descriptors that come with the bytes, so only where the library is known to
 *        read without asking for them. */
static enum rb_kind ask_kind(int fd, bool local) {
    int type = 0, flags = rb_real.fcntl(fd, F_GETFL, NULL);
    socklen_t length = sizeof type;

    if (flags < 0 || !(flags & O_NONBLOCK))
        return RB_KIND_OTHER;
    if (rb_real.getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_STREAM)
        return RB_KIND_OTHER;
    length = sizeof type;
    if (rb_real.getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &type, &length) < 0)
        return RB_KIND_OTHER;
    return type == AF_INET || type == AF_INET6 || (type == AF_UNIX && local) ? RB_KIND_STREAM : RB_KIND_OTHER;
}

static bool adopt(struct rb_reactor *r, struct rb_file *file) {
    if (r->state != RB_REACTOR_RING || !allowed(file))
        return false;
    if (file->kind == RB_KIND_UNKNOWN)
        file->kind = ask_kind(file->fd, hinted(file));
    if (file->kind == RB_KIND_OTHER)
        rb_show_set_aside(r, file, RB_WHY_NO_STREAM);
    if (file->kind != RB_KIND_STREAM)
        return false;
    if (!atomic_load_explicit(&file->carried, memory_order_relaxed)) {
        atomic_store_explicit(&file->carried, true, memory_order_release);
        rb_count(r->stats, RB_COUNTER_STREAMS_ADOPTED, 1);
        rb_show(r, file);
        rb_reactor_ready(r, file); /* what POLL told of until now, the stream tells from here on */
        rb_reactor_dirty(r, file);
    }
    return true;
}

void rb_stream_adopt_receive(struct rb_reactor *r, struct rb_file *file) {
    if (!rb_stream_candidate(file) || (r->pool && rb_pool_scarce(r->pool)) || !adopt(r, file))
        return;
    file->stream.recv = RB_RECV_WANTED;
    rb_reactor_dirty(r, file);
}

void rb_stream_adopt_send(struct rb_reactor *r, struct rb_file *file) {
    adopt(r, file);
}

static bool taken_over(const struct rb_stream *stream) {
    return stream->recv == RB_RECV_ARMED || stream->recv == RB_RECV_STOPPING;
}

static void stop_receiving(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    if (stream->recv == RB_RECV_WANTED)
        stream->recv = RB_RECV_READINESS;
    if (!taken_over(stream))
        return;
    if (stream->recv == RB_RECV_ARMED) {
        stream->recv = RB_RECV_STOPPING;
        rb_reactor_cancel(r, stream->recv_op);
    }
    if (rb_reactor_owned(r))
        rb_reactor_settle(r, stream->recv_op);
}

void rb_stream_release(struct rb_reactor *r, struct rb_file *file, enum rb_why why) {
    if (why != RB_WHY_NONE)
        rb_file_set_aside(file, why);
    stop_receiving(r, file);
    rb_accept_release(r, file);
    if (rb_reactor_owned(r))
        rb_stream_settle_send(r, file);
    rb_show(r, file);
    rb_reactor_dirty(r, file);
    rb_reactor_ready(r, file);
}

/* With an empty inbox: see what the kernel has run up meanwhile. Returns 1 when there is something to take now. */
static ssize_t refill(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    if (stream->recv == RB_RECV_ARMED)
        rb_reactor_take_news(r);
    if (stream->recv == RB_RECV_STOPPING && stream->waiting == 0 && rb_reactor_owned(r))
        rb_reactor_settle(r, stream->recv_op);
    if (stream->waiting > 0)
        return 1;
    switch (stream->recv) {
    case RB_RECV_ENDED:
        stream->recv = RB_RECV_OVER;
        rb_show(r, file);
        rb_reactor_dirty(r, file);
        /* An end the socket tells itself, and again; behind one that SHUT_RD made, bytes may still come. */
        return stream->recv_error ? -stream->recv_error : -EXDEV;
    case RB_RECV_ARMED: /* no completion, so no data: a wake-up would have been flagged */
    case RB_RECV_STOPPING:
        return -EAGAIN;
    case RB_RECV_WANTED: /* the kernel still has everything */
    case RB_RECV_READINESS:
    case RB_RECV_OVER:
        return -EXDEV;
    }
    return -EXDEV;
}

void rb_stream_consume(struct rb_reactor *r, struct rb_file *file, size_t n) {
    struct rb_stream *stream = &file->stream;
    struct rb_chunk *chunk = stream->first;

    chunk->start += (uint32_t)n;
    chunk->length -= (uint32_t)n;
    stream->waiting -= n;
    if (chunk->length > 0)
        return;
    stream->first = chunk->next;
    if (!stream->first)
        stream->last = NULL;
    rb_chunk_release(chunk);
    if (stream->recv != RB_RECV_ARMED) /* room again: what comes next has to be armed, or watched for */
        rb_reactor_dirty(r, file);
}

ssize_t rb_stream_front(struct rb_reactor *r, struct rb_file *file, struct rb_chunk **chunk) {
    if (file->stream.waiting == 0) {
        ssize_t got = refill(r, file);

        if (got <= 0)
            return got;
    }
    *chunk = file->stream.first;
    return (ssize_t)(*chunk)->length;
}

/* Copy out of the inbox until the buffers are full or it is empty. */
static size_t copy_out(struct rb_reactor *r, struct rb_file *file, const struct iovec *iov, int count, bool peek) {
    struct rb_chunk *chunk = file->stream.first;
    size_t total = 0, skip = 0;

    for (int i = 0; i < count && chunk; i++) {
        char *to = iov[i].iov_base;
        size_t room = iov[i].iov_len;

        while (room > 0 && chunk) {
            size_t left = chunk->length - skip, n = left < room ? left : room;

            memcpy(to, rb_chunk_bytes(chunk) + skip, n);
            to += n;
            room -= n;
            total += n;
            if (peek) {
                skip += n;
                if (skip == chunk->length) {
                    chunk = chunk->next;
                    skip = 0;
                }
            } else {
                rb_stream_consume(r, file, n);
                chunk = file->stream.first;
            }
        }
    }
    return total;
}

/* A copy of so many bytes costs more than the system calls that it saves; measured with a libuv echo server. */
enum { BULK_BYTES = 8192, BULK_STREAK = 2, SMALL_STREAK = 4 };

static void weigh_copy(struct rb_reactor *r, struct rb_file *file, size_t n) {
    struct rb_stream *stream = &file->stream;

    stream->streak = n < BULK_BYTES ? 0 : (uint8_t)(stream->streak + 1);
    if (stream->streak < BULK_STREAK || stream->recv != RB_RECV_ARMED || !rb_reactor_owned(r))
        return;
    stream->streak = 0;
    stream->bulk = true;
    stream->recv = RB_RECV_STOPPING;
    rb_reactor_cancel(r, stream->recv_op);
}

void rb_stream_weigh_read(struct rb_file *file, size_t n) {
    struct rb_stream *stream = &file->stream;

    if (!stream->bulk)
        return;
    stream->streak = n >= BULK_BYTES ? 0 : (uint8_t)(stream->streak + 1);
    if (stream->streak < SMALL_STREAK)
        return;
    stream->streak = 0;
    stream->bulk = false;
}

/* What has arrived by now belongs to the answer. */
static void catch_up(struct rb_reactor *r, struct rb_file *file) {
    if (!rb_reactor_owned(r))
        return;
    if (file->stream.recv == RB_RECV_ARMED)
        rb_reactor_flush(r);
    else if (file->stream.recv == RB_RECV_STOPPING)
        rb_reactor_settle(r, file->stream.recv_op);
}

bool rb_stream_rest_in_kernel(const struct rb_file *file) {
    return !taken_over(&file->stream) && !rb_stream_owes_an_error(file);
}

void rb_stream_fail(struct rb_reactor *r, struct rb_file *file, int error) {
    file->stream.recv = RB_RECV_ENDED;
    file->stream.recv_error = error;
    rb_reactor_dirty(r, file);
    rb_reactor_ready(r, file);
}

ssize_t rb_stream_read(struct rb_reactor *r, struct rb_file *file, const struct iovec *iov, int count, int flags) {
    bool peek = flags & MSG_PEEK;
    ssize_t got;

    if ((flags & (MSG_WAITALL | MSG_PEEK)) && file->stream.waiting < rb_stream_total(iov, count))
        catch_up(r, file);
    if (file->stream.waiting == 0) {
        /* A look at an end does not use it up; an error is used up even by a look. */
        if (peek && file->stream.recv == RB_RECV_ENDED) {
            got = file->stream.recv_error ? -file->stream.recv_error : -EXDEV;
            file->stream.recv_error = 0;
            rb_reactor_dirty(r, file);
            return got;
        }
        got = refill(r, file);
        if (got <= 0)
            return got;
    }
    got = (ssize_t)copy_out(r, file, iov, count, peek);
    if (!(flags & (MSG_PEEK | MSG_WAITALL)))
        weigh_copy(r, file, (size_t)got);
    return got;
}

void rb_stream_drop(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;

    while (stream->first)
        rb_stream_consume(r, file, stream->first->length);
    rb_stream_withdraw(r, file);
    rb_zerocopy_drop(r, file);
    memset(stream, 0, sizeof *stream);
}
