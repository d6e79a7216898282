/* An echo server on libuv, linked with Ringback: server [PORT]. It says what carries its loop at the first connection,
 * and what went through the ring when it is told to end (SIGINT, SIGTERM).
 *
 * Nothing but the lines that name ringback_... is there for Ringback's sake; without them it runs on the ring as well.
 */
#include <ringback.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static void must(int result, const char *what) {
    if (result >= 0)
        return;
    fprintf(stderr, "server: %s: %s\n", what, uv_strerror(result));
    exit(1);
}

static void say_what_carries_the_loop(void) {
    int epfd = -1; /* without a loop that Ringback knows, the question is why there is none */

    ringback_loops(&epfd, 1);
    if (ringback_carrier(epfd) == RINGBACK_CARRIER_RING)
        puts("carried by io_uring");
    else
        printf("carried by epoll: %s\n", ringback_why(epfd));
    fflush(stdout);
}

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
    (void)handle;
    buffer->base = malloc(size);
    buffer->len = buffer->base != NULL ? size : 0;
}

static void free_handle(uv_handle_t *handle) {
    free(handle);
}

static void written(uv_write_t *request, int status) {
    free(request->data);
    if (status < 0 && !uv_is_closing((uv_handle_t *)request->handle))
        uv_close((uv_handle_t *)request->handle, free_handle);
    free(request);
}

/* The bytes go back as they came; they are freed when they are written. */
static void came(uv_stream_t *client, ssize_t count, const uv_buf_t *buffer) {
    uv_buf_t answer = uv_buf_init(buffer->base, count > 0 ? (unsigned)count : 0);
    uv_write_t *request = count > 0 ? malloc(sizeof *request) : NULL;

    if (request == NULL) {
        free(buffer->base);
        if (count != 0)
            uv_close((uv_handle_t *)client, free_handle);
        return;
    }
    request->data = buffer->base;
    must(uv_write(request, client, &answer, 1, written), "writing");
}

static void connected(uv_stream_t *listener, int status) {
    static int connections;
    uv_tcp_t *client = malloc(sizeof *client);

    must(status, "listening");
    if (client == NULL)
        return;
    must(uv_tcp_init(listener->loop, client), "a socket");
    must(uv_accept(listener, (uv_stream_t *)client), "accepting");
    must(uv_read_start((uv_stream_t *)client, give_buffer, came), "reading");
    if (connections++ == 0)
        say_what_carries_the_loop();
}

static void told_to_end(uv_signal_t *signal, int number) {
    (void)number;
    printf("the ring moved %llu bytes in and %llu bytes out\n", (unsigned long long)ringback_counter("bytes_in"),
           (unsigned long long)ringback_counter("bytes_out"));
    uv_stop(signal->loop);
}

int main(int argc, char **argv) {
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in address;
    int size = sizeof address;
    uv_tcp_t listener;
    uv_signal_t interrupt, terminate;

    must(uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 7000, &address), "the address");
    must(uv_tcp_init(loop, &listener), "a socket");
    must(uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0), "binding");
    must(uv_listen((uv_stream_t *)&listener, 128, connected), "listening");
    must(uv_signal_init(loop, &interrupt), "a signal");
    must(uv_signal_start(&interrupt, told_to_end, SIGINT), "a signal");
    must(uv_signal_init(loop, &terminate), "a signal");
    must(uv_signal_start(&terminate, told_to_end, SIGTERM), "a signal");
    must(uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size), "the port");
    printf("Ringback %s; listening on 127.0.0.1:%d\n", ringback_version(), ntohs(address.sin_port));
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}
