/* uv-answer - a plain libuv server that carries out orders (order.h): long answers, long requests, connections that it
 * closes itself, work after an answer. It knows nothing of Ringback.
 *
 * Ownership: a buffer is allocated for each read and freed in its callback, as in libuv's guide. An answer is libuv's
 * from uv_write to the write callback; the bytes of a GET are the one table's.
 */
#include "order.h"
#include "pattern.h"
#include "tcp.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BACKLOG = 4096 };

struct client {
    uv_tcp_t tcp;
    char line[ORDER_LINE];
    size_t line_length;
    struct order order; /* being carried out while body_left > 0 */
    uint64_t body_left;
    uint64_t sum;
    uint64_t answered;
};

struct answer {
    uv_write_t write;
    bool last;
    char line[ORDER_LINE + 1];
};

static uint8_t *table;

static void on_closed(uv_handle_t *handle) {
    free(handle->data);
}

static void client_close(struct client *client) {
    if (!uv_is_closing((uv_handle_t *)&client->tcp)) {
        uv_close((uv_handle_t *)&client->tcp, on_closed);
    }
}

static void on_write(uv_write_t *request, int status) {
    struct answer *answer = (struct answer *)(void *)((char *)request - offsetof(struct answer, write));
    if (status != 0 || answer->last) {
        client_close(request->handle->data);
    }
    free(answer);
}

/* Answer with bytes of the table, or with NULL with the answer's own line. */
static void client_answer(struct client *client, const uint8_t *bytes, size_t count) {
    struct answer *answer = calloc(1, sizeof(*answer));
    if (answer == NULL) {
        client_close(client);
        return;
    }
    uv_buf_t out = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)count);
    if (bytes == NULL) {
        const bool sums = client->order.verb == ORDER_SUM;
        order_write(answer->line, client->order.verb, sums ? client->sum : client->order.number);
        out = uv_buf_init(answer->line, ORDER_LINE);
    }
    answer->last = client->order.verb == ORDER_LAST;
    if (uv_write(&answer->write, (uv_stream_t *)&client->tcp, &out, 1, on_write) != 0) {
        free(answer);
        client_close(client);
    }
}

static void client_obey(struct client *client) {
    const struct order *order = &client->order;
    switch (order->verb) {
    case ORDER_PUT:
    case ORDER_SUM:
        client->body_left = order->number;
        client->sum = 0;
        break;
    default:
        client_answer(client, table + order_slice(client->answered), order->number);
        client->answered++;
        if (order->verb == ORDER_WORK) {
            order_work();
        }
        break;
    }
}

/* Take what belongs to the present line or body. Returns how much that was, 0 when the client is to be closed. */
static size_t client_take(struct client *client, const char *bytes, size_t count) {
    if (client->body_left == 0) {
        const size_t room = ORDER_LINE - client->line_length;
        const size_t taken = count < room ? count : room;
        memcpy(client->line + client->line_length, bytes, taken);
        client->line_length += taken;
        if (client->line_length < ORDER_LINE) {
            return taken;
        }
        client->line_length = 0;
        if (!order_read(&client->order, client->line)) {
            return 0;
        }
        client_obey(client);
        return taken;
    }
    const size_t taken = count < client->body_left ? count : (size_t)client->body_left;
    if (client->order.verb == ORDER_SUM) {
        client->sum = pattern_sum(client->sum, (const uint8_t *)bytes, taken);
    }
    client->body_left -= taken;
    if (client->body_left == 0) {
        client_answer(client, NULL, 0);
    }
    return taken;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)handle;
    *out = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *in) {
    struct client *client = stream->data;
    size_t done = 0;
    while (count > 0 && done < (size_t)count) {
        const size_t taken = client_take(client, in->base + done, (size_t)count - done);
        if (taken == 0) {
            break;
        }
        done += taken;
    }
    if (count < 0 || done < (size_t)count) {
        client_close(client);
    }
    free(in->base);
}

static void on_connection(uv_stream_t *listener, int status) {
    struct client *client = status != 0 ? NULL : calloc(1, sizeof(*client));
    if (client == NULL) {
        return;
    }
    (void)uv_tcp_init(listener->loop, &client->tcp);
    client->tcp.data = client;
    uv_stream_t *stream = (uv_stream_t *)&client->tcp;
    if (uv_accept(listener, stream) != 0) {
        client_close(client);
        return;
    }
    (void)uv_tcp_nodelay(&client->tcp, 1);
    if (uv_read_start(stream, on_alloc, on_read) != 0) {
        client_close(client);
    }
}

static void close_any(uv_handle_t *handle, void *unused) {
    (void)unused;
    if (!uv_is_closing(handle)) {
        uv_close(handle,
                 handle->data == NULL ? NULL : on_closed); /* only clients carry data, and it is theirs to free */
    }
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    uv_walk(handle->loop, close_any, NULL);
}

static int listen_on(uv_tcp_t *listener, int port) {
    struct sockaddr_in address = tcp_loopback(port);
    int result = uv_tcp_bind(listener, (const struct sockaddr *)&address, 0);
    if (result == 0) {
        result = uv_listen((uv_stream_t *)listener, BACKLOG, on_connection);
    }
    uv_os_fd_t fd = -1;
    if (result == 0) {
        result = uv_fileno((const uv_handle_t *)listener, &fd);
    }
    return result == 0 ? tcp_announce_fd(fd) : result;
}

int main(int argc, char **argv) {
    const int port = tcp_server_begin(argc, argv);
    uv_loop_t loop;
    uv_tcp_t listener = {0};
    uv_signal_t terminate = {0};
    uv_signal_t interrupt = {0};
    table = pattern_make(ORDER_BYTES_MAX);
    if (table == NULL || uv_loop_init(&loop) != 0 || uv_tcp_init(&loop, &listener) != 0 ||
        uv_signal_init(&loop, &terminate) != 0 || uv_signal_init(&loop, &interrupt) != 0) {
        (void)fprintf(stderr, "uv-answer: cannot make a loop\n");
        return EXIT_FAILURE;
    }
    (void)uv_signal_start(&terminate, on_signal, SIGTERM);
    (void)uv_signal_start(&interrupt, on_signal, SIGINT);
    const int result = listen_on(&listener, port);
    if (result != 0) {
        (void)fprintf(stderr, "uv-answer: cannot listen on port %d: %s\n", port, uv_strerror(result));
        return EXIT_FAILURE;
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    free(table);
    return uv_loop_close(&loop) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
