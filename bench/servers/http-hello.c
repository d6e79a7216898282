/* http-hello - a plain evhttp server that answers every request with a short greeting; it knows nothing of Ringback. */
#include "tcp.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static const char greeting[] = "Hello, world!\n";

static void on_request(struct evhttp_request *request, void *context) {
    (void)context;
    (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain");
    struct evbuffer *body = evbuffer_new();
    if (body == NULL || evbuffer_add(body, greeting, sizeof(greeting) - 1) != 0) {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    } else {
        evhttp_send_reply(request, HTTP_OK, "OK", body);
    }
    if (body != NULL) {
        evbuffer_free(body);
    }
}

static void on_signal(evutil_socket_t number, short what, void *base) {
    (void)number;
    (void)what;
    (void)event_base_loopbreak(base);
}

static int serve(struct event_base *base, struct evhttp *http, int port) {
    evhttp_set_gencb(http, on_request, NULL);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", (uint16_t)port);
    struct event *terminate = evsignal_new(base, SIGTERM, on_signal, base);
    struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
    if (bound == NULL || terminate == NULL || interrupt == NULL || event_add(terminate, NULL) != 0 ||
        event_add(interrupt, NULL) != 0) {
        (void)fprintf(stderr, "http-hello: cannot listen on port %d\n", port);
        return EXIT_FAILURE;
    }
    const evutil_socket_t fd = evhttp_bound_socket_get_fd(bound);
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* connections inherit it */
    if (tcp_announce_fd(fd) != 0) {
        return EXIT_FAILURE;
    }
    (void)event_base_dispatch(base);
    event_free(terminate);
    event_free(interrupt);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    const int port = tcp_server_begin(argc, argv);
    struct event_base *base = event_base_new();
    struct evhttp *http = base == NULL ? NULL : evhttp_new(base);
    if (http == NULL) {
        (void)fprintf(stderr, "http-hello: cannot make an event base\n");
        return EXIT_FAILURE;
    }
    const int status = serve(base, http, port);
    evhttp_free(http);
    event_base_free(base);
    libevent_global_shutdown();
    return status;
}
