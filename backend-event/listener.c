/* libevent's listeners: which descriptors accept connections in libevent's own loop. */
#include <event2/listener.h>

#include "backend.h"
#include "event_real.h"

static const struct rb_hint listener_hint = {.listener = true};

RB_EVENT_HOOK struct evconnlistener *evconnlistener_new(struct event_base *base, evconnlistener_cb callback, void *arg,
                                                        unsigned flags, int backlog, evutil_socket_t fd) {
    static struct evconnlistener *(*_Atomic found)(struct event_base *, evconnlistener_cb, void *, unsigned, int,
                                                   evutil_socket_t);
    struct evconnlistener *(*real)(struct event_base *, evconnlistener_cb, void *, unsigned, int, evutil_socket_t) =
        found;
    struct evconnlistener *listener;

    if (!real)
        found = real = rb_event_find("evconnlistener_new", (const void *)evconnlistener_new);
    listener = real(base, callback, arg, flags, backlog, fd);
    if (listener && rb_backend_active())
        rb_backend_hint(fd, &listener_hint, listener);
    return listener;
}
