#include "event_loop.h"

#include "check.h"
#include "net.h"
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

struct event_base *evl_base(void) {
    struct event_base *base = event_base_new();
    CHECK(base);
    const char *method = event_base_get_method(base);
    CHECK_SAY(strncmp(method, "epoll", 5) == 0, "the method is %s", method);
    return base;
}

struct bufferevent *evl_tcp(struct event_base *base, int options, int *peer) {
    int ours;
    net_tcp_pair(&ours, peer);
    struct bufferevent *bev = bufferevent_socket_new(base, ours, options | BEV_OPT_CLOSE_ON_FREE);
    CHECK(bev);
    return bev;
}

void evl_run_until(struct event_base *base, const volatile bool *done) {
    while (!*done)
        CHECK_SAY(event_base_loop(base, EVLOOP_ONCE) == 0 || *done, "the base has nothing left to do");
}

void evl_run_for(struct event_base *base, int ms) {
    struct timeval time = {ms / 1000, (ms % 1000) * 1000L};
    CHECK_INT(event_base_loopexit(base, &time), 0);
    CHECK_INT(event_base_dispatch(base), 0);
}

void evl_take(struct evbuffer *buffer, uint64_t seed, uint64_t offset, size_t size) {
    char *bytes = malloc(size ? size : 1);
    CHECK(bytes);
    CHECK_INT(evbuffer_remove(buffer, bytes, size), size);
    pattern_check(seed, offset, bytes, size);
    free(bytes);
}

void evl_add_pattern(struct evbuffer *buffer, uint64_t seed, uint64_t offset, size_t size) {
    char *bytes = malloc(size ? size : 1);
    CHECK(bytes);
    pattern_fill(seed, offset, bytes, size);
    CHECK_INT(evbuffer_add(buffer, bytes, size), 0);
    free(bytes);
}

void evl_end(struct event_base *base) {
    event_base_free(base);
    libevent_global_shutdown();
}
