/* uv-pipes - a plain libuv echo server over pairs of named pipes, PATH.0.in and PATH.0.out to PATH.63.in and .out,
 * which it makes and removes again; it knows nothing of Ringback.
 *
 * Ownership: a buffer belongs to libuv from the alloc callback to the read callback, then to uv_write until its write
 * callback. The pairs are static and live as long as the loop.
 */
#include "endpoint.h"
#include "tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { BUFFER_BYTES = 64 * 1024, MODE = 0600 };

struct pair {
    uv_pipe_t in;
    uv_pipe_t out;
};

struct buffer {
    uv_write_t write;
    char bytes[BUFFER_BYTES];
};

static struct pair pairs[ENDPOINT_FIFOS];

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)handle;
    (void)suggested;
    struct buffer *buffer = malloc(sizeof(*buffer));
    *out = buffer == NULL ? uv_buf_init(NULL, 0) : uv_buf_init(buffer->bytes, BUFFER_BYTES);
}

static void on_write(uv_write_t *request, int status) {
    (void)status; /* a pair has no peer that could leave for good */
    free((char *)request - offsetof(struct buffer, write));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *in) {
    struct pair *pair = stream->data;
    struct buffer *buffer =
        in->base == NULL ? NULL : (struct buffer *)(void *)(in->base - offsetof(struct buffer, bytes));
    if (count <= 0) {
        free(buffer);
        return;
    }
    const uv_buf_t out = uv_buf_init(in->base, (unsigned)count);
    if (uv_write(&buffer->write, (uv_stream_t *)&pair->out, &out, 1, on_write) != 0) {
        free(buffer);
    }
}

/* Make one end and open it for both directions: so it neither waits for the peer nor sees it leave. */
static int open_end(uv_loop_t *loop, uv_pipe_t *pipe, const struct endpoint *endpoint, unsigned number, bool in) {
    char path[ENDPOINT_FIFO_PATH_MAX];
    endpoint_fifo_path(path, endpoint, number, in);
    (void)unlink(path); /* of a server that was killed */
    const int fd = mkfifo(path, MODE) != 0 ? -1 : open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    const int result = uv_pipe_init(loop, pipe, 0);
    return result != 0 ? result : uv_pipe_open(pipe, fd);
}

static int open_all(uv_loop_t *loop, const struct endpoint *endpoint) {
    int result = 0;
    for (unsigned i = 0; i < ENDPOINT_FIFOS && result == 0; i++) {
        struct pair *pair = &pairs[i];
        result = open_end(loop, &pair->in, endpoint, i, true);
        if (result == 0) {
            result = open_end(loop, &pair->out, endpoint, i, false);
        }
        pair->in.data = pair;
        if (result == 0) {
            result = uv_read_start((uv_stream_t *)&pair->in, on_alloc, on_read);
        }
    }
    return result;
}

static void remove_all(const struct endpoint *endpoint) {
    for (unsigned i = 0; i < 2 * ENDPOINT_FIFOS; i++) {
        char path[ENDPOINT_FIFO_PATH_MAX];
        endpoint_fifo_path(path, endpoint, i / 2, i % 2 == 0);
        (void)unlink(path);
    }
}

static void close_any(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    uv_walk(handle->loop, close_any, NULL);
}

int main(int argc, char **argv) {
    const struct endpoint endpoint = endpoint_server_begin(argc, argv);
    uv_loop_t loop;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    if (uv_loop_init(&loop) != 0 || uv_signal_init(&loop, &terminate) != 0 || uv_signal_init(&loop, &interrupt) != 0) {
        (void)fprintf(stderr, "uv-pipes: cannot make a loop\n");
        return EXIT_FAILURE;
    }
    (void)uv_signal_start(&terminate, on_signal, SIGTERM);
    (void)uv_signal_start(&interrupt, on_signal, SIGINT);
    const int result = open_all(&loop, &endpoint);
    if (result != 0) {
        (void)fprintf(stderr, "uv-pipes: cannot make pipes at %s: %s\n", endpoint.path, uv_strerror(result));
        remove_all(&endpoint);
        return EXIT_FAILURE;
    }
    (void)printf("ready 0\n");
    (void)fflush(stdout);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    remove_all(&endpoint);
    return uv_loop_close(&loop) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
