/* uv-echo - a plain libuv echo server, as one finds it in any tutorial, over TCP or a local socket; it knows nothing of
 * Ringback.
 *
 * Ownership: a buffer belongs to libuv from the alloc callback to the read callback, then to uv_write until its write
 * callback. By default it is allocated and freed each time, as in libuv's guide and its own echo server. Compiled
 * with UV_ECHO_POOLED=1 (rb-uv-echo-pool) it lies in a free list between uses: the buffer that was used last stays in
 * the cache, which is the best case for a program that reads and writes at once.
 */
#include "endpoint.h"
#include "tcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#ifndef UV_ECHO_POOLED
#define UV_ECHO_POOLED 0
#endif

enum { BUFFER_BYTES = 64 * 1024, BACKLOG = 4096 };

struct buffer {
    uv_write_t write;
    struct buffer *next;
    char bytes[BUFFER_BYTES];
};

/* A connection, or the listener, over whichever of the two. */
union stream {
    uv_stream_t any;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct client {
    union stream stream;
    uv_shutdown_t shutdown;
};

static struct buffer *free_buffers;
static const bool pooled = UV_ECHO_POOLED;

static struct buffer *buffer_of(char *bytes) {
    return (struct buffer *)(void *)(bytes - offsetof(struct buffer, bytes));
}

static void buffer_release(struct buffer *buffer) {
    if (!pooled) {
        free(buffer);
        return;
    }
    buffer->next = free_buffers;
    free_buffers = buffer;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)handle;
    (void)suggested;
    struct buffer *buffer = free_buffers;
    if (buffer != NULL) {
        free_buffers = buffer->next;
    } else {
        buffer = malloc(sizeof(*buffer));
    }
    *out = buffer == NULL ? uv_buf_init(NULL, 0) : uv_buf_init(buffer->bytes, BUFFER_BYTES);
}

static void on_closed(uv_handle_t *handle) {
    free(handle->data);
}

static void client_close(uv_stream_t *stream) {
    if (!uv_is_closing((uv_handle_t *)stream)) {
        uv_close((uv_handle_t *)stream, on_closed);
    }
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    (void)status; /* the peer gets no more from us either way */
    client_close(request->handle);
}

static void on_write(uv_write_t *request, int status) {
    struct buffer *buffer = (struct buffer *)(void *)((char *)request - offsetof(struct buffer, write));
    uv_stream_t *stream = request->handle;
    buffer_release(buffer);
    if (status != 0) {
        client_close(stream);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *in) {
    if (count > 0) {
        struct buffer *buffer = buffer_of(in->base);
        uv_buf_t out = uv_buf_init(in->base, (unsigned)count);
        if (uv_write(&buffer->write, stream, &out, 1, on_write) != 0) {
            buffer_release(buffer);
            client_close(stream);
        }
        return;
    }
    if (in->base != NULL) {
        buffer_release(buffer_of(in->base));
    }
    if (count == UV_EOF) {
        /* The peer may have closed only its sending side: what is queued still has to reach it. */
        struct client *client = stream->data;
        (void)uv_read_stop(stream);
        if (uv_shutdown(&client->shutdown, stream, on_shutdown) != 0) {
            client_close(stream);
        }
    } else if (count < 0) {
        client_close(stream);
    }
}

static int stream_init(uv_loop_t *loop, union stream *stream, uv_handle_type type) {
    return type == UV_TCP ? uv_tcp_init(loop, &stream->tcp) : uv_pipe_init(loop, &stream->pipe, 0);
}

static void on_connection(uv_stream_t *listener, int status) {
    if (status != 0) {
        return;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return;
    }
    uv_stream_t *stream = &client->stream.any;
    (void)stream_init(listener->loop, &client->stream, listener->type);
    stream->data = client;
    if (uv_accept(listener, stream) != 0) {
        client_close(stream);
        return;
    }
    if (stream->type == UV_TCP) {
        (void)uv_tcp_nodelay(&client->stream.tcp, 1);
    }
    if (uv_read_start(stream, on_alloc, on_read) != 0) {
        client_close(stream);
    }
}

static void close_any(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) {
        /* Only clients carry data, and it is theirs to free. */
        uv_close(handle, handle->data == NULL ? NULL : on_closed);
    }
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    uv_walk(handle->loop, close_any, NULL);
}

static int listen_on(union stream *listener, const struct endpoint *endpoint) {
    int result = 0;
    if (endpoint->kind == ENDPOINT_UNIX) {
        result = uv_pipe_bind(&listener->pipe, endpoint->path);
    } else {
        const struct sockaddr_in address = tcp_loopback(endpoint->port);
        result = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
    }
    if (result == 0) {
        result = uv_listen(&listener->any, BACKLOG, on_connection);
    }
    uv_os_fd_t fd = -1;
    if (result == 0) {
        result = uv_fileno((const uv_handle_t *)&listener->any, &fd);
    }
    return result == 0 ? tcp_announce_fd(fd) : result;
}

int main(int argc, char **argv) {
    const struct endpoint endpoint = endpoint_server_begin(argc, argv);
    const uv_handle_type type = endpoint.kind == ENDPOINT_UNIX ? UV_NAMED_PIPE : UV_TCP;
    uv_loop_t loop;
    union stream listener;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    if (uv_loop_init(&loop) != 0 || stream_init(&loop, &listener, type) != 0 ||
        uv_signal_init(&loop, &terminate) != 0 || uv_signal_init(&loop, &interrupt) != 0) {
        (void)fprintf(stderr, "uv-echo: cannot make a loop\n");
        return EXIT_FAILURE;
    }
    listener.any.data = NULL;
    terminate.data = NULL;
    interrupt.data = NULL;
    (void)uv_signal_start(&terminate, on_signal, SIGTERM);
    (void)uv_signal_start(&interrupt, on_signal, SIGINT);
    const int result = listen_on(&listener, &endpoint);
    if (result != 0) {
        (void)fprintf(stderr, "uv-echo: cannot listen: %s\n", uv_strerror(result));
        return EXIT_FAILURE;
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    while (free_buffers != NULL) {
        struct buffer *buffer = free_buffers;
        free_buffers = buffer->next;
        free(buffer);
    }
    return uv_loop_close(&loop) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
