/* libuv's streams: which descriptors are streams that want data, and which buffers stay valid until a callback.
 *
 * uv_write keeps its request, with the buffers, in the stream's write queue until the callback. A write call of libuv's
 * names the buffers of the request at the head; that is how the core tells it from a write that the program makes
 * itself, and why the kernel may be pointed straight at them. */
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "backend.h"
#include "uv_real.h"

/* A link of libuv's queue: [0] is the next one, [1] the one before. */
typedef void *queue_link[2];

static queue_link *next_of(queue_link *link) {
    return (queue_link *)(*link)[0];
}

static uv_write_t *request_of(queue_link *link) {
    return (uv_write_t *)((char *)link - offsetof(uv_write_t, queue));
}

static bool owns(void *owner, const struct iovec *iov, int count) {
    uv_stream_t *stream = owner;
    queue_link *head = next_of(&stream->write_queue);
    const uv_write_t *request;
    const uv_buf_t *first;

    if (head == &stream->write_queue)
        return false;
    request = request_of(head);
    if (request->send_handle || request->write_index >= request->nbufs)
        return false;
    first = &request->bufs[request->write_index];
    /* Several buffers are passed as the request's own array, one by its value. */
    if ((const void *)iov == (const void *)first)
        return true;
    return count == 1 && iov->iov_base == first->base && iov->iov_len == first->len;
}

/* Everything queued, request after request: what piled up during the turn leaves in one send. */
static int gather(void *owner, struct rb_gathered *out) {
    uv_stream_t *stream = owner;
    size_t skip = out->skip;
    int n = 0;

    for (queue_link *link = next_of(&stream->write_queue); link != &stream->write_queue; link = next_of(link)) {
        const uv_write_t *request = request_of(link);

        if (request->send_handle)
            break; /* a descriptor travels with it: libuv sends that one itself */
        for (unsigned i = request->write_index; i < request->nbufs; i++) {
            size_t length = request->bufs[i].len, gone = skip < length ? skip : length;

            skip -= gone;
            if (gone > 0 && gone == length)
                continue;
            if (n == out->max)
                return n;
            out->iov[n].iov_base = request->bufs[i].base + gone;
            out->iov[n].iov_len = length - gone;
            n++;
        }
    }
    return n;
}

static const struct rb_hint stream_hint = {.stream = true, .owns = owns, .gather = gather};
static const struct rb_hint listener_hint = {.listener = true};

static int fd_of(const uv_stream_t *stream) {
    return stream->io_watcher.fd;
}

/* TCP and AF_UNIX. A pipe that passes handles stays with libuv, which reads it message by message. */
static bool suits(const uv_stream_t *stream) {
    if (stream->type == UV_TCP)
        return true;
    return stream->type == UV_NAMED_PIPE && !((const uv_pipe_t *)stream)->ipc;
}

static void hint(uv_stream_t *stream) {
    if (rb_uv_known() && fd_of(stream) >= 0 && suits(stream))
        rb_backend_hint(fd_of(stream), &stream_hint, stream);
}

RB_UV_HOOK int uv_read_start(uv_stream_t *stream, uv_alloc_cb alloc_cb, uv_read_cb read_cb) {
    static int (*_Atomic found)(uv_stream_t *, uv_alloc_cb, uv_read_cb);
    int (*real)(uv_stream_t *, uv_alloc_cb, uv_read_cb) = found;

    if (!real)
        found = real = rb_uv_find("uv_read_start", (const void *)uv_read_start);
    if (stream)
        hint(stream);
    return real(stream, alloc_cb, read_cb);
}

RB_UV_HOOK int uv_write(uv_write_t *request, uv_stream_t *stream, const uv_buf_t buffers[], unsigned count,
                        uv_write_cb callback) {
    static int (*_Atomic found)(uv_write_t *, uv_stream_t *, const uv_buf_t[], unsigned, uv_write_cb);
    int (*real)(uv_write_t *, uv_stream_t *, const uv_buf_t[], unsigned, uv_write_cb) = found;
    int result;

    if (!real)
        found = real = rb_uv_find("uv_write", (const void *)uv_write);
    if (stream)
        hint(stream);
    result = real(request, stream, buffers, count, callback);
    /* Behind a write whose buffers the kernel still holds libuv waits, without asking again. */
    if (result == 0 && rb_uv_known() && next_of(&stream->write_queue) != &stream->write_queue && fd_of(stream) >= 0)
        rb_backend_more(fd_of(stream));
    return result;
}

RB_UV_HOOK int uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb callback) {
    static int (*_Atomic found)(uv_stream_t *, int, uv_connection_cb);
    int (*real)(uv_stream_t *, int, uv_connection_cb) = found;
    int result;

    if (!real)
        found = real = rb_uv_find("uv_listen", (const void *)uv_listen);
    result = real(stream, backlog, callback);
    /* Only now: a handle that was not bound gets its socket in there. */
    if (result == 0 && rb_uv_known() && fd_of(stream) >= 0 && suits(stream))
        rb_backend_hint(fd_of(stream), &listener_hint, stream);
    return result;
}

/* Memory that libuv allocated, perhaps by functions of the program's own: of its interface, this frees an array and
 * nothing else. */
static void free_as_libuv(void *memory) {
    static void (*_Atomic found)(uv_env_item_t *, int);
    void (*free_array)(uv_env_item_t *, int) = found;

    if (!free_array)
        found = free_array = rb_uv_find("uv_os_free_environ", NULL);
    free_array(memory, 0);
}

/* libuv 1.53 lets a write be cancelled and asked how far it came. */
static bool counts_written(void) {
    static _Atomic int counts = -1;

    if (counts < 0)
        counts = rb_uv_has("uv_write_nwritten");
    return counts;
}

/* The kernel has taken the next n bytes of a request: what libuv does when a write call of its own says so. */
static void advance(uv_stream_t *stream, uv_write_t *request, size_t n) {
    stream->write_queue_size -= n;
    if (counts_written()) /* in what is a reserve in older headers */
        request->reserved[5] = (void *)((uintptr_t)request->reserved[5] + n);
    while (request->write_index < request->nbufs) {
        uv_buf_t *buf = &request->bufs[request->write_index];
        size_t gone = n < buf->len ? n : buf->len;

        if (gone > 0)
            buf->base += gone;
        buf->len -= gone;
        n -= gone;
        if (buf->len > 0)
            return;
        request->write_index++;
    }
}

/* A request that was written whole, to where libuv keeps those that wait for their callback. */
static void complete(uv_stream_t *stream, uv_write_t *request) {
    queue_link *link = &request->queue, *last = (queue_link *)stream->write_completed_queue[1];

    (*(queue_link *)(*link)[0])[1] = (*link)[1];
    (*(queue_link *)(*link)[1])[0] = (*link)[0];
    if (request->bufs != request->bufsml)
        free_as_libuv(request->bufs);
    request->bufs = NULL; /* by this libuv knows one that is done */
    request->error = 0;
    (*link)[0] = &stream->write_completed_queue;
    (*link)[1] = last;
    (*last)[0] = link;
    stream->write_completed_queue[1] = link;
}

/* libuv is about to cancel writes of the stream. What the kernel has taken of them it would have seen succeed inside
 * uv_write: it learns of that first. */
static void tell_written(uv_stream_t *stream) {
    size_t taken = next_of(&stream->write_queue) == &stream->write_queue ? 0 : rb_backend_settle(fd_of(stream));

    while (taken > 0 && next_of(&stream->write_queue) != &stream->write_queue) {
        uv_write_t *request = request_of(next_of(&stream->write_queue));
        size_t size = 0, n;

        for (unsigned i = request->write_index; i < request->nbufs; i++)
            size += request->bufs[i].len;
        n = size < taken ? size : taken;
        taken -= n;
        advance(stream, request, n);
        if (n < size)
            return;
        complete(stream, request);
    }
}

/* The handle inside uv_close, for as long as the kernel may still read memory that it sends. */
static __thread const uv_handle_t *held;

/* The kernel has let go of all that a closed stream was sending: libuv may call back for its writes and its close. It
 * does so after the events of a turn, so it gets one that it takes for work done by its threads. */
static void finish_closing(void *arg) {
    uv_handle_t *handle = arg;
    static int (*_Atomic found)(uv_async_t *);
    int (*wake)(uv_async_t *) = found;

    if (held == handle) {
        held = NULL;
        return;
    }
    if (!wake)
        found = wake = rb_uv_find("uv_async_send", NULL);
    handle->next_closing = handle->loop->closing_handles;
    handle->loop->closing_handles = handle;
    wake(&handle->loop->wq_async);
}

/* libuv has closed the descriptor and put the handle at the head of those whose callbacks are due. Take it out: a
 * write's callback says that its buffer is the program's again, and the kernel is still reading it. The unfinished
 * writes keep the loop running. */
static void put_off_callbacks(uv_handle_t *handle) {
    if (handle->loop->closing_handles == handle)
        handle->loop->closing_handles = handle->next_closing;
}

RB_UV_HOOK void uv_close(uv_handle_t *handle, uv_close_cb callback) {
    static void (*_Atomic found)(uv_handle_t *, uv_close_cb);
    void (*real)(uv_handle_t *, uv_close_cb) = found;

    if (!real)
        found = real = rb_uv_find("uv_close", (const void *)uv_close);
    if (handle && rb_uv_known() && (handle->type == UV_TCP || handle->type == UV_NAMED_PIPE)) {
        uv_stream_t *stream = (uv_stream_t *)handle;

        if (fd_of(stream) >= 0 && rb_backend_hint_owner(fd_of(stream), &stream_hint) == stream) {
            tell_written(stream);
            held = rb_backend_when_released(fd_of(stream), finish_closing, handle) ? handle : NULL;
            rb_backend_hint(fd_of(stream), NULL,
                            NULL); /* the handle, our owner, goes; standard descriptors stay open */
        }
    }
    real(handle, callback);
    if (held == handle)
        put_off_callbacks(handle);
    held = NULL;
}

/* The bytes of the writes before a request in its stream's queue; -1: it is not there. */
static ssize_t bytes_before(uv_stream_t *stream, const uv_write_t *wanted) {
    size_t size = 0;

    for (queue_link *link = next_of(&stream->write_queue); link != &stream->write_queue; link = next_of(link)) {
        const uv_write_t *request = request_of(link);

        if (request == wanted)
            return (ssize_t)size;
        for (unsigned i = request->write_index; i < request->nbufs; i++)
            size += request->bufs[i].len;
    }
    return -1;
}

/* A write that is about to be taken out of its stream's queue. Returns whether it may be: not while the kernel holds
 * on to memory of it that it has sent; it will be told as written then, as writes may be that are cancelled late. */
static bool may_cancel(const uv_write_t *request) {
    uv_stream_t *stream = request->handle;
    ssize_t before = bytes_before(stream, request);
    bool pinned;

    if (before < 0 || fd_of(stream) < 0 || rb_backend_hint_owner(fd_of(stream), &stream_hint) != stream)
        return true;
    if ((size_t)before < rb_backend_stop(fd_of(stream), &pinned) && pinned)
        return false;
    if (!pinned)
        tell_written(stream);
    return true;
}

/* Newer libuv cancels writes, too. */
RB_UV_HOOK int uv_cancel(uv_req_t *request) {
    static int (*_Atomic found)(uv_req_t *);
    int (*real)(uv_req_t *) = found;

    if (!real)
        found = real = rb_uv_find("uv_cancel", (const void *)uv_cancel);
    if (request && request->type == UV_WRITE && rb_uv_known() && counts_written() &&
        !may_cancel((const uv_write_t *)request))
        return 0;
    return real(request);
}
