/* libevent's bufferevents: which descriptor's output is a bufferevent's. Only such an output buffer is certain to be
 * written again after EAGAIN, from its front and unchanged: it is frozen in between. */
#include <event2/bufferevent.h>

#include "backend.h"
#include "event_real.h"

const struct rb_hint rb_event_bufferevent_hint = {.stream = true};

static void hint(struct bufferevent *bev, evutil_socket_t fd) {
    static struct evbuffer *(*output)(struct bufferevent *);

    if (fd < 0 || !rb_backend_active())
        return;
    if (!output)
        output = rb_event_find("bufferevent_get_output", NULL);
    rb_backend_hint(fd, &rb_event_bufferevent_hint, output(bev));
}

static void take_hint_back(struct bufferevent *bev) {
    static evutil_socket_t (*getfd)(struct bufferevent *);
    static struct evbuffer *(*output)(struct bufferevent *);
    evutil_socket_t fd;

    if (!rb_backend_active())
        return;
    if (!getfd) {
        output = rb_event_find("bufferevent_get_output", NULL);
        getfd = rb_event_find("bufferevent_getfd", NULL);
    }
    fd = getfd(bev);
    if (fd >= 0 && rb_backend_hint_owner(fd, &rb_event_bufferevent_hint) == output(bev))
        rb_backend_hint(fd, NULL, NULL);
}

RB_EVENT_HOOK struct bufferevent *bufferevent_socket_new(struct event_base *base, evutil_socket_t fd, int options) {
    static struct bufferevent *(*real)(struct event_base *, evutil_socket_t, int);
    struct bufferevent *bev;

    if (!real)
        real = rb_event_find("bufferevent_socket_new", (const void *)bufferevent_socket_new);
    bev = real(base, fd, options);
    if (bev)
        hint(bev, fd);
    return bev;
}

RB_EVENT_HOOK int bufferevent_setfd(struct bufferevent *bev, evutil_socket_t fd) {
    static int (*real)(struct bufferevent *, evutil_socket_t);
    int result;

    if (!real)
        real = rb_event_find("bufferevent_setfd", (const void *)bufferevent_setfd);
    take_hint_back(bev);
    result = real(bev, fd);
    if (result == 0)
        hint(bev, fd);
    return result;
}

RB_EVENT_HOOK void bufferevent_free(struct bufferevent *bev) {
    static void (*real)(struct bufferevent *);

    if (!real)
        real = rb_event_find("bufferevent_free", (const void *)bufferevent_free);
    take_hint_back(bev);
    real(bev);
}
