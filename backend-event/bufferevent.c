/* libevent's bufferevents: which descriptor's output is a bufferevent's. Only such an output buffer is certain to be
 * written again after EAGAIN, from its front and unchanged: it is frozen in between. */
#include <pthread.h>
#include <stddef.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>

#include "backend.h"
#include "event_real.h"

/* Without locks in libevent every bufferevent belongs to one thread, and its output can be looked at between turns.
 * With them the looking would need the bufferevent's lock, which is not to be had under ours. */
static const struct rb_hint eager_hint = {.stream = true, .gather = rb_event_gather, .eager = true};
static const struct rb_hint patient_hint = {.stream = true};
static bool has_locks;

static struct {
    struct evbuffer *(*output)(struct bufferevent *);
    evutil_socket_t (*getfd)(struct bufferevent *);
    int (*freeze)(struct evbuffer *, int);
    int (*unfreeze)(struct evbuffer *, int);
    int (*drain)(struct evbuffer *, size_t);
    void (*trigger)(struct bufferevent *, short, int);
} real;

static pthread_once_t found = PTHREAD_ONCE_INIT;

static void find_all(void) {
    real.output = rb_event_find("bufferevent_get_output", NULL);
    real.getfd = rb_event_find("bufferevent_getfd", NULL);
    real.freeze = rb_event_find("evbuffer_freeze", NULL);
    real.unfreeze = rb_event_find("evbuffer_unfreeze", NULL);
    real.drain = rb_event_find("evbuffer_drain", NULL);
    real.trigger = rb_event_find("bufferevent_trigger", NULL);
}

struct bufferevent *rb_event_bufferevent_of(evutil_socket_t fd) {
    struct bufferevent *bev = rb_backend_hint_owner(fd, &eager_hint);

    return bev ? bev : rb_backend_hint_owner(fd, &patient_hint);
}

void rb_event_writes_itself(struct bufferevent *bev, evutil_socket_t fd) {
    if (!has_locks && rb_backend_hint_owner(fd, &patient_hint) == bev)
        rb_backend_hint(fd, &eager_hint, bev);
}

struct evbuffer *rb_event_output_of(struct bufferevent *bev) {
    return real.output(bev);
}

static void hint(struct bufferevent *bev, evutil_socket_t fd) {
    if (fd < 0 || !rb_backend_active())
        return;
    pthread_once(&found, find_all);
    rb_backend_hint(fd, &patient_hint, bev);
}

/* The descriptor that was hinted for this one, or -1. */
static evutil_socket_t hinted(struct bufferevent *bev) {
    evutil_socket_t fd = real.getfd ? real.getfd(bev) : -1; /* not found: no hint was ever given */

    return fd >= 0 && rb_event_bufferevent_of(fd) == bev ? fd : -1;
}

static void take_hint_back(struct bufferevent *bev) {
    evutil_socket_t fd = hinted(bev);

    if (fd >= 0)
        rb_backend_hint(fd, NULL, NULL);
}

/* The socket is about to be another one. What this one has taken leaves the output, as it would have when libevent
 * wrote it; the rest is for the next. */
static void tell_written(struct bufferevent *bev) {
    evutil_socket_t fd = hinted(bev);
    size_t taken = fd >= 0 ? rb_backend_settle(fd) : 0;

    if (taken == 0)
        return;
    real.unfreeze(real.output(bev), 1);
    real.drain(real.output(bev), taken);
    real.freeze(real.output(bev), 1);
    real.trigger(bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

/* evthread_use_pthreads comes through here, too. */
RB_EVENT_HOOK int evthread_set_lock_callbacks(const struct evthread_lock_callbacks *callbacks) {
    static int (*set)(const struct evthread_lock_callbacks *);

    if (!set)
        set = rb_event_find("evthread_set_lock_callbacks", (const void *)evthread_set_lock_callbacks);
    has_locks = callbacks != NULL;
    return set(callbacks);
}

static bool has_groups;

bool rb_event_in_rate_limit_group(void) {
    return has_groups;
}

RB_EVENT_HOOK int bufferevent_add_to_rate_limit_group(struct bufferevent *bev,
                                                      struct bufferevent_rate_limit_group *group) {
    static int (*add)(struct bufferevent *, struct bufferevent_rate_limit_group *);

    if (!add)
        add = rb_event_find("bufferevent_add_to_rate_limit_group", (const void *)bufferevent_add_to_rate_limit_group);
    has_groups = true;
    return add(bev, group);
}

RB_EVENT_HOOK struct bufferevent *bufferevent_socket_new(struct event_base *base, evutil_socket_t fd, int options) {
    static struct bufferevent *(*create)(struct event_base *, evutil_socket_t, int);
    struct bufferevent *bev;

    if (!create)
        create = rb_event_find("bufferevent_socket_new", (const void *)bufferevent_socket_new);
    bev = create(base, fd, options);
    if (bev)
        hint(bev, fd);
    return bev;
}

RB_EVENT_HOOK int bufferevent_setfd(struct bufferevent *bev, evutil_socket_t fd) {
    static int (*set)(struct bufferevent *, evutil_socket_t);
    int result;

    if (!set)
        set = rb_event_find("bufferevent_setfd", (const void *)bufferevent_setfd);
    tell_written(bev);
    take_hint_back(bev);
    result = set(bev, fd);
    if (result == 0)
        hint(bev, fd);
    return result;
}

RB_EVENT_HOOK void bufferevent_free(struct bufferevent *bev) {
    static void (*dispose)(struct bufferevent *);

    if (!dispose)
        dispose = rb_event_find("bufferevent_free", (const void *)bufferevent_free);
    take_hint_back(bev);
    dispose(bev);
}
