/* evbuffer_read and evbuffer_write_atmost, which libevent calls through its procedure linkage table: served from the
 * ring without a copy where the descriptor is a stream of ours, passed on where it is not. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "backend.h"
#include "event_real.h"

/* A reference costs an allocation and a locked count; so few bytes are sooner copied, and their buffer is free at once.
 */
enum { COPY_MOST = 1024, READ_AT_ONCE = 65536 };

/* libevent writes 16 KiB at once unless it is told otherwise, so that no other has to wait for long. A turn of the loop
 * for each of them costs more than the bytes do, unless many send: then larger pieces only leave the caches. */
enum { WRITE_DEFAULT = 16384, SEND_AT_ONCE = 65536 };

/* The functions of libevent's that do the work on its buffers. */
static struct {
    int (*read)(struct evbuffer *, evutil_socket_t, int);
    int (*write_atmost)(struct evbuffer *, evutil_socket_t, ev_ssize_t);
    int (*add)(struct evbuffer *, const void *, size_t);
    int (*add_reference)(struct evbuffer *, const void *, size_t, evbuffer_ref_cleanup_cb, void *);
    int (*add_buffer_reference)(struct evbuffer *, struct evbuffer *);
    int (*drain)(struct evbuffer *, size_t);
    int (*peek)(struct evbuffer *, ev_ssize_t, struct evbuffer_ptr *, struct evbuffer_iovec *, int);
    size_t (*length)(const struct evbuffer *);
    struct evbuffer *(*create)(void);
    void (*dispose)(struct evbuffer *);
    ev_ssize_t (*allowed)(struct bufferevent *);
    ev_ssize_t (*single)(struct bufferevent *);
    ev_ssize_t (*limit)(struct bufferevent *);
} real;

static pthread_once_t found = PTHREAD_ONCE_INIT;

static void find_all(void) {
    real.write_atmost = rb_event_find("evbuffer_write_atmost", (const void *)evbuffer_write_atmost);
    real.add = rb_event_find("evbuffer_add", NULL);
    real.add_reference = rb_event_find("evbuffer_add_reference", NULL);
    real.add_buffer_reference = rb_event_find("evbuffer_add_buffer_reference", NULL);
    real.drain = rb_event_find("evbuffer_drain", NULL);
    real.peek = rb_event_find("evbuffer_peek", NULL);
    real.length = rb_event_find("evbuffer_get_length", NULL);
    real.create = rb_event_find("evbuffer_new", NULL);
    real.dispose = rb_event_find("evbuffer_free", NULL);
    real.allowed = rb_event_find("bufferevent_get_max_to_write", NULL);
    real.single = rb_event_find("bufferevent_get_max_single_write", NULL);
    real.limit = rb_event_find("bufferevent_get_write_limit", NULL);
    real.read = rb_event_find("evbuffer_read", (const void *)evbuffer_read);
}

/* ---- receiving ---- */

static const struct rb_hint reader_hint = {.stream = true};

static void give_back(const void *bytes, size_t length, void *chunk) {
    (void)bytes;
    (void)length;
    rb_backend_return(chunk);
}

/* Into the buffer, by reference where that pays. Returns false if libevent would not take them (frozen, no memory). */
static bool append(struct evbuffer *buffer, const struct rb_loan *loan) {
    if (loan->length <= COPY_MOST || loan->scarce)
        return real.add(buffer, loan->bytes, loan->length) == 0;
    rb_backend_hold(loan->chunk);
    if (real.add_reference(buffer, loan->bytes, loan->length, give_back, loan->chunk) == 0)
        return true;
    rb_backend_return(loan->chunk);
    return false;
}

static int read_from_ring(struct evbuffer *buffer, evutil_socket_t fd, size_t most, ssize_t got, struct rb_loan *loan) {
    size_t total = 0;

    for (;;) {
        bool more = loan->more;

        if (!append(buffer, loan))
            return total > 0 ? (int)total : -1;
        rb_backend_consume(fd, (size_t)got);
        total += (size_t)got;
        /* Only while bytes are certain to be there: the end of the stream is a result of its own. */
        if (!more || total == most)
            return (int)total;
        got = rb_backend_borrow(fd, most - total, loan);
        if (got <= 0)
            return (int)total;
    }
}

RB_EVENT_HOOK int evbuffer_read(struct evbuffer *buffer, evutil_socket_t fd, int howmuch) {
    size_t most = howmuch < 0 ? READ_AT_ONCE : (size_t)howmuch;
    struct rb_loan loan;
    ssize_t got;

    pthread_once(&found, find_all);
    if (!rb_backend_active() || howmuch == 0)
        return real.read(buffer, fd, howmuch);
    got = rb_backend_borrow(fd, most, &loan);
    if (got == -EXDEV) {
        if (!rb_backend_hinted(fd))
            rb_backend_hint(fd, &reader_hint, NULL);
        return real.read(buffer, fd, howmuch);
    }
    if (got < 0) {
        errno = (int)-got;
        return -1;
    }
    if (got == 0)
        return 0;
    return read_from_ring(buffer, fd, most, got, &loan);
}

/* ---- sending ---- */

static void unpin(void *pinned) {
    real.dispose(pinned);
}

/* The first bytes of an output buffer, at most `most`: copied if few, else the chains are held so that nothing moves or
 * frees them while the kernel reads. Returns the number of pieces; 0 if libevent has to send them itself. */
static int gather_first(struct evbuffer *buffer, size_t most, struct rb_gathered *out) {
    struct evbuffer *pinned;
    size_t total = 0;
    int count = real.peek(buffer, (ev_ssize_t)most, NULL, (struct evbuffer_iovec *)out->iov, out->max), used = 0;

    if (count > out->max)
        count = out->max;
    for (; used < count && total < most; used++) {
        if (!out->iov[used].iov_base)
            return 0; /* part of a file, not in memory */
        if (out->iov[used].iov_len > most - total)
            out->iov[used].iov_len = most - total;
        total += out->iov[used].iov_len;
    }
    out->copy = total <= RB_BACKEND_SEND_COPY;
    if (out->copy || used == 0)
        return used;
    pinned = real.create();
    if (!pinned)
        return 0;
    /* Fails for chains that cannot be shared, such as parts of files. */
    if (real.add_buffer_reference(pinned, buffer) < 0) {
        real.dispose(pinned);
        return 0;
    }
    out->unpin = unpin;
    out->pin = pinned;
    return used;
}

/* How much may be sent at once where libevent would write so much. */
static size_t at_once(struct bufferevent *bev, ev_ssize_t written, bool crowded) {
    if (written == WRITE_DEFAULT && !crowded && !rb_event_in_rate_limit_group() && real.single(bev) == WRITE_DEFAULT &&
        real.limit(bev) == EV_SSIZE_MAX)
        return SEND_AT_ONCE;
    return written < 0 ? INT_MAX : (size_t)written;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

int rb_event_gather(void *owner, struct rb_gathered *out) {
    struct evbuffer *output = rb_event_output_of(owner);
    ev_ssize_t allowed; /* by the rate limits, and by what libevent writes at once */
    size_t most;

    pthread_once(&found, find_all);
    most = smaller(real.length(output), INT_MAX);
    allowed = most > 0 ? real.allowed(owner) : 0;
    if (allowed <= 0)
        return 0;
    return gather_first(output, most <= (size_t)allowed ? most : smaller(most, at_once(owner, allowed, out->crowded)),
                        out);
}

/* Queue the first bytes. Returns -errno if libevent has to send them itself. */
static int send_first(struct evbuffer *buffer, evutil_socket_t fd, size_t most) {
    struct iovec iov[RB_BACKEND_SEND_BUFFERS];
    struct rb_gathered got = {.iov = iov, .max = RB_BACKEND_SEND_BUFFERS};
    int count = gather_first(buffer, most, &got), error;

    if (count == 0)
        return -ENOTSUP;
    error = rb_backend_send(fd, iov, count, got.unpin, got.pin);
    if (error < 0 && got.pin)
        unpin(got.pin);
    return error;
}

/* What came of the write that libevent was told EAGAIN about. */
static int told(struct evbuffer *buffer, ssize_t result) {
    if (result > 0) {
        real.drain(buffer, (size_t)result);
        return (int)result;
    }
    if (result == -EPIPE)
        raise(SIGPIPE); /* as writev would have */
    errno = (int)-result;
    return -1;
}

/* Bytes that only libevent can send, parts of a file. An idle stream is writable by our word, while the socket may be
 * full; and libevent's sendfile says 0 to EAGAIN, which a bufferevent takes for the end of the connection. */
static int send_itself(struct evbuffer *buffer, evutil_socket_t fd, ev_ssize_t howmuch) {
    int before = errno, result;

    errno = 0;
    result = real.write_atmost(buffer, fd, howmuch);
    if (result == 0 && (errno == EAGAIN || errno == EINTR))
        return -1;
    if (errno == 0)
        errno = before;
    return result;
}

RB_EVENT_HOOK int evbuffer_write_atmost(struct evbuffer *buffer, evutil_socket_t fd, ev_ssize_t howmuch) {
    struct bufferevent *bev = rb_event_bufferevent_of(fd);
    size_t most;
    ssize_t result;

    pthread_once(&found, find_all);
    /* Somebody else's buffer: nothing says that it will be written again unchanged. */
    if (!bev || rb_event_output_of(bev) != buffer)
        return real.write_atmost(buffer, fd, howmuch);
    rb_event_writes_itself(bev, fd);
    most = smaller(real.length(buffer), INT_MAX);
    if (howmuch < 0 || (size_t)howmuch < most)
        most = smaller(most, at_once(bev, howmuch, rb_backend_crowded(fd)));
    result = rb_backend_result(fd, most);
    if (result == -EXDEV || most == 0)
        return real.write_atmost(buffer, fd, howmuch);
    if (result != 0)
        return told(buffer, result);
    if (send_first(buffer, fd, most) < 0)
        return send_itself(buffer, fd, (ev_ssize_t)most);
    errno = EAGAIN;
    return -1;
}
