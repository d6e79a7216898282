/* A module that a program loads (Python's, Lua's) brings libevent along for itself: it is in no search order, so that a
 * hook finds nothing behind it there. Its bufferevents work all the same. */
#include "check.h"
#include "net.h"

#include <dlfcn.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>

static void *library;

/* ISO C has no cast from an object pointer to a function pointer; POSIX makes the copy meaningful. */
#define FIND(pointer, name)                                                                                            \
    do {                                                                                                               \
        void *symbol = dlsym(library, name);                                                                           \
        CHECK_SAY(symbol, "%s: %s", name, dlerror());                                                                  \
        memcpy(&(pointer), &symbol, sizeof symbol);                                                                    \
    } while (0)

static struct {
    struct event_base *(*base_new)(void);
    void (*base_free)(struct event_base *);
    int (*base_loop)(struct event_base *, int);
    struct bufferevent *(*socket_new)(struct event_base *, evutil_socket_t, int);
    void (*bev_free)(struct bufferevent *);
    int (*enable)(struct bufferevent *, short);
    struct evbuffer *(*input)(struct bufferevent *);
    int (*write_buffer)(struct bufferevent *, struct evbuffer *);
    size_t (*length)(const struct evbuffer *);
    void (*shutdown)(void);
} ev;

static void load(void) {
    library = dlopen("libevent-2.1.so.7", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        check_skip("another libevent here");
    FIND(ev.base_new, "event_base_new");
    FIND(ev.base_free, "event_base_free");
    FIND(ev.base_loop, "event_base_loop");
    FIND(ev.socket_new, "bufferevent_socket_new");
    FIND(ev.bev_free, "bufferevent_free");
    FIND(ev.enable, "bufferevent_enable");
    FIND(ev.input, "bufferevent_get_input");
    FIND(ev.write_buffer, "bufferevent_write_buffer");
    FIND(ev.length, "evbuffer_get_length");
    FIND(ev.shutdown, "libevent_global_shutdown");
}

int main(void) {
    check_begin(10);
    load();
    int ours, peer;
    net_tcp_pair(&ours, &peer);
    struct event_base *base = ev.base_new();
    struct bufferevent *bev = ev.socket_new(base, ours, BEV_OPT_CLOSE_ON_FREE);
    CHECK(base && bev);
    CHECK_INT(ev.enable(bev, EV_READ | EV_WRITE), 0);
    for (size_t size = 100; size < 100000; size *= 7) {
        net_send_pattern(peer, 1, 0, size);
        while (ev.length(ev.input(bev)) < size)
            CHECK_INT(ev.base_loop(base, EVLOOP_ONCE), 0);
        CHECK_INT(ev.write_buffer(bev, ev.input(bev)), 0);
        for (int i = 0; i < 5; i++)
            CHECK(ev.base_loop(base, EVLOOP_NONBLOCK) >= 0);
        net_receive_pattern(peer, 1, 0, size);
    }
    ev.bev_free(bev);
    CHECK(ev.base_loop(base, EVLOOP_NONBLOCK) >= 0);
    ev.base_free(base);
    net_expect_end(peer);
    net_close(peer);
    ev.shutdown();
    CHECK_INT(dlclose(library), 0);
    return check_passed();
}
