#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>

#include "libc/seam.h"
#include "log.h"
#include "process.h"
#include "reactor.h"
#include "send.h"
#include "show.h"
#include "stream.h"
#include "zerocopy.h"

_Static_assert((int)RB_BACKEND_SEND_BUFFERS == (int)RB_SEND_BUFFERS, "one limit");
_Static_assert((int)RB_BACKEND_SEND_COPY == (int)RB_SEND_COPY, "one limit");

bool rb_backend_active(void) {
    return rb_process.active;
}

void rb_backend_missing(const char *name) {
    rb_log(RB_LOG_NOTICE, "%s was called but no library in this process defines it", name);
    abort();
}

void rb_backend_hint(int fd, const struct rb_hint *hint, void *owner) {
    struct rb_file *file = hint ? rb_file_get(fd) : rb_file_find(fd);
    struct rb_reactor *r;

    if (!file || (file->hint == hint && file->hint_owner == owner))
        return;
    r = rb_file_lock(file);
    if (r && !hint && rb_reactor_owned(r)) {
        rb_stream_settle_send(r, file);
        rb_stream_forget_result(r, file);
    }
    file->hint = hint;
    file->hint_owner = owner;
    if (r) {
        rb_show(r, file);
        rb_reactor_dirty(r, file);
        pthread_mutex_unlock(&r->lock);
    }
}

void *rb_backend_hint_owner(int fd, const struct rb_hint *hint) {
    const struct rb_file *file = rb_file_find(fd);

    return file && file->hint == hint ? file->hint_owner : NULL;
}

bool rb_backend_hinted(int fd) {
    const struct rb_file *file = rb_file_find(fd);

    return file && file->hint;
}

void rb_backend_embedded(int epfd) {
    struct rb_file *file = rb_file_find(epfd);
    struct rb_reactor *r = file ? atomic_load_explicit(&file->epoll, memory_order_acquire) : NULL;

    if (!r)
        return;
    rb_reactor_embed(r, "the program asked for the loop's descriptor, to watch it itself");
}

/* The file's loop, locked, when the ring moves its bytes. */
static struct rb_reactor *lock_stream(struct rb_file *file) {
    if (!file || !atomic_load_explicit(&file->carried, memory_order_acquire))
        return NULL;
    return rb_file_lock(file);
}

/* What the kernel has taken of the library's writes, none of which is in flight any more. Loop locked. */
static size_t settled(struct rb_reactor *r, struct rb_file *file) {
    if (rb_reactor_owned(r))
        rb_stream_settle_send(r, file);
    return rb_stream_taken(file);
}

size_t rb_backend_stop(int fd, bool *held) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    size_t taken;

    *held = false;
    if (!r)
        return 0;
    taken = settled(r, file);
    *held = rb_zerocopy_holds_back(file);
    pthread_mutex_unlock(&r->lock);
    return taken;
}

size_t rb_backend_settle(int fd) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    size_t taken;

    if (!r)
        return 0;
    taken = settled(r, file);
    rb_stream_forget_result(r, file);
    pthread_mutex_unlock(&r->lock);
    return taken;
}

void rb_backend_more(int fd) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = file && rb_zerocopy_holds_back(file) ? lock_stream(file) : NULL;

    if (!r)
        return;
    rb_stream_more(r, file);
    pthread_mutex_unlock(&r->lock);
}

bool rb_backend_when_released(int fd, void (*released)(void *arg), void *arg) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    bool later;

    if (!r)
        return false;
    later = rb_zerocopy_when_released(file, released, arg);
    pthread_mutex_unlock(&r->lock);
    return later;
}

void rb_backend_ran(void) {
    if (rb_unsent)
        rb_seam_flush();
    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        if (!rb_reactor_owned(r))
            continue;
        pthread_mutex_lock(&r->lock);
        rb_outflow_interrupted(r);
        if (!__libc_single_threaded)
            rb_reactor_settle_sends(r);
        pthread_mutex_unlock(&r->lock);
    }
}

ssize_t rb_backend_borrow(int fd, size_t max, struct rb_loan *loan) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    ssize_t got;

    if (!r)
        return -EXDEV;
    got = rb_stream_front(r, file, &loan->chunk);
    if (got > 0) {
        got = (size_t)got < max ? got : (ssize_t)max;
        loan->bytes = rb_chunk_bytes(loan->chunk);
        loan->length = (size_t)got;
        loan->scarce = !r->pool || rb_pool_scarce(r->pool);
        loan->more = file->stream.waiting > loan->length;
    }
    pthread_mutex_unlock(&r->lock);
    return got;
}

void rb_backend_consume(int fd, size_t n) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);

    if (!r)
        return;
    rb_stream_consume(r, file, n);
    pthread_mutex_unlock(&r->lock);
}

void rb_backend_hold(struct rb_chunk *chunk) {
    rb_chunk_hold(chunk);
}

void rb_backend_return(struct rb_chunk *chunk) {
    rb_chunk_release(chunk);
}

ssize_t rb_backend_result(int fd, size_t limit) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    ssize_t got;

    if (!r)
        return -EXDEV;
    got = rb_stream_result(file, limit);
    if (got == 0 && !rb_stream_may_send(r, file))
        got = -EXDEV;
    pthread_mutex_unlock(&r->lock);
    return got;
}

bool rb_backend_crowded(int fd) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    bool crowded;

    if (!r)
        return false;
    crowded = rb_outflow_crowded(r, file);
    pthread_mutex_unlock(&r->lock);
    return crowded;
}

int rb_backend_send(int fd, const struct iovec *iov, int count, void (*unpin)(void *pin), void *pin) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r = lock_stream(file);
    struct rb_send *send;

    if (!r)
        return -ENOTCONN;
    send = rb_stream_output_rests(file) ? rb_send_new(r) : NULL;
    if (!send) {
        pthread_mutex_unlock(&r->lock);
        return -ENOMEM;
    }
    if (unpin) {
        memcpy(send->buffer, iov, (size_t)count * sizeof *iov);
        send->count = count;
    } else {
        rb_send_copy(send, iov, count);
    }
    send->unpin = unpin;
    send->pin = pin;
    rb_stream_queue(r, file, send);
    pthread_mutex_unlock(&r->lock);
    return 0;
}
