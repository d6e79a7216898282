/* An echo server on libevent's bufferevents, linked with Ringback: server [PORT]. It says what carries its loop at the
 * first connection, and what went through the ring when it is told to end (SIGINT, SIGTERM).
 *
 * Nothing but the lines that name ringback_... is there for Ringback's sake; without them it runs on the ring as well.
 */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <ringback.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int good, const char *what) {
    if (good)
        return;
    perror(what);
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

/* The bytes go back as they came, without being copied. */
static void came(struct bufferevent *client, void *arg) {
    (void)arg;
    evbuffer_add_buffer(bufferevent_get_output(client), bufferevent_get_input(client));
}

static void ended(struct bufferevent *client, short what, void *arg) {
    (void)arg;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        bufferevent_free(client);
}

static void connected(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length,
                      void *arg) {
    static int connections;
    struct bufferevent *client = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);

    (void)peer;
    (void)length;
    (void)arg;
    must(client != NULL, "a bufferevent");
    bufferevent_setcb(client, came, NULL, ended, NULL);
    bufferevent_enable(client, EV_READ | EV_WRITE);
    if (connections++ == 0)
        say_what_carries_the_loop();
}

static void told_to_end(evutil_socket_t number, short what, void *base) {
    (void)number;
    (void)what;
    printf("the ring moved %llu bytes in and %llu bytes out\n", (unsigned long long)ringback_counter("bytes_in"),
           (unsigned long long)ringback_counter("bytes_out"));
    event_base_loopbreak(base);
}

int main(int argc, char **argv) {
    struct event_base *base = event_base_new();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct evconnlistener *listener;
    struct event *interrupt, *terminate;

    must(base != NULL, "an event base");
    address.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 7000));
    listener = evconnlistener_new_bind(base, connected, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1,
                                       (struct sockaddr *)&address, sizeof address);
    must(listener != NULL, "listening");
    interrupt = evsignal_new(base, SIGINT, told_to_end, base);
    terminate = evsignal_new(base, SIGTERM, told_to_end, base);
    must(interrupt != NULL && terminate != NULL && evsignal_add(interrupt, NULL) == 0 &&
             evsignal_add(terminate, NULL) == 0,
         "a signal");
    must(getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &size) == 0, "the port");
    printf("Ringback %s; listening on 127.0.0.1:%d\n", ringback_version(), ntohs(address.sin_port));
    fflush(stdout);
    event_base_dispatch(base);
    evconnlistener_free(listener);
    event_free(interrupt);
    event_free(terminate);
    event_base_free(base);
    return 0;
}
