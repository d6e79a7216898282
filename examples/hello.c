/* A web server on libevent that knows nothing of Ringback, to try `ringback run` and `ringback compare` with:
 *   cc -O2 -o hello hello.c -levent
 *   ./hello PORT */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void answer(struct evhttp_request *request, void *arg) {
    struct evbuffer *body = evbuffer_new();

    (void)arg;
    if (body == NULL || evbuffer_add_printf(body, "hello\n") < 0)
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    else
        evhttp_send_reply(request, HTTP_OK, "OK", body);
    if (body != NULL)
        evbuffer_free(body);
}

int main(int argc, char **argv) {
    const int port = argc == 2 ? atoi(argv[1]) : 0;
    struct event_base *base;
    struct evhttp *http;

    if (port <= 0 || port > UINT16_MAX) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    http = base != NULL ? evhttp_new(base) : NULL;
    if (http == NULL || evhttp_bind_socket(http, "127.0.0.1", (uint16_t)port) != 0) {
        fprintf(stderr, "%s: cannot listen on port %d\n", argv[0], port);
        return 1;
    }
    evhttp_set_gencb(http, answer, NULL);
    return event_base_dispatch(base) == 0 ? 0 : 1;
}
