/* evhttp, server and client in one base: many requests over one kept connection, bodies from nothing to a megabyte. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

#include <event2/http.h>

enum { REQUESTS = 40 };

static unsigned served, answered;
static uint16_t last_port;
static bool done;
static struct evhttp_connection *connection;

static size_t body_size(unsigned number) {
    return number % 10 == 9 ? 1000000 : (size_t)number * 371;
}

static void serve(struct evhttp_request *request, void *arg) {
    (void)arg;
#if LIBEVENT_VERSION_NUMBER >= 0x02020000
    const char *host;
#else
    char *host;
#endif
    uint16_t port;
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    evhttp_connection_get_peer(evhttp_request_get_connection(request), &host, &port);
    CHECK_SAY(served == 0 || port == last_port, "the connection was not kept");
    last_port = port;
    size_t size = evbuffer_get_length(body);
    CHECK_INT(size, body_size(served));
    evl_take(body, served, 0, size);
    struct evbuffer *answer = evbuffer_new();
    CHECK(answer);
    evl_add_pattern(answer, served + 1000, 0, size);
    served++;
    evhttp_send_reply(request, HTTP_OK, "OK", answer);
    evbuffer_free(answer);
}

static void ask(void);

static void on_answer(struct evhttp_request *request, void *arg) {
    (void)arg;
    CHECK_SAY(request && evhttp_request_get_response_code(request) == HTTP_OK, "no answer");
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    CHECK_INT(evbuffer_get_length(body), body_size(answered));
    evl_take(body, answered + 1000, 0, body_size(answered));
    if (++answered == REQUESTS)
        done = true;
    else
        ask();
}

static void ask(void) {
    struct evhttp_request *request = evhttp_request_new(on_answer, NULL);
    CHECK(request);
    CHECK_INT(evhttp_add_header(evhttp_request_get_output_headers(request), "Host", "localhost"), 0);
    evl_add_pattern(evhttp_request_get_output_buffer(request), answered, 0, body_size(answered));
    CHECK_INT(evhttp_make_request(connection, request, EVHTTP_REQ_POST, "/"), 0);
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct evhttp *http = evhttp_new(base);
    CHECK(http);
    evhttp_set_gencb(http, serve, NULL);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    CHECK(bound);
    uint16_t port = net_port(evhttp_bound_socket_get_fd(bound));
    connection = evhttp_connection_base_new(base, NULL, "127.0.0.1", port);
    CHECK(connection);
    ask();
    evl_run_until(base, &done);
    CHECK_INT(served, REQUESTS);
    evhttp_connection_free(connection);
    evl_run_for(base, 2);
    evhttp_free(http);
    evl_run_for(base, 2);
    evl_end(base);
    return check_passed();
}
