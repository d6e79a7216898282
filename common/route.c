#include "route.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "libc/real.h"

/* How long a route that copies is left alone, doubled each time that it still does. */
enum { REST_MS = 1000, REST_MS_MOST = 64 * 1000 };

static uint64_t mix(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* The local address stands for the device; packets to oneself take another way. 0: no such socket. */
static uint64_t key_of(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } here, there;
    socklen_t length = sizeof here;
    const void *a, *b;
    size_t size;
    bool self;

    if (getsockname(fd, &here.any, &length) < 0)
        return 0;
    length = sizeof there;
    if (rb_real.getpeername(fd, &there.any, &length) < 0 || here.any.sa_family != there.any.sa_family)
        return 0;
    if (here.any.sa_family == AF_INET) {
        a = &here.v4.sin_addr;
        b = &there.v4.sin_addr;
        size = sizeof here.v4.sin_addr;
    } else if (here.any.sa_family == AF_INET6) {
        a = &here.v6.sin6_addr;
        b = &there.v6.sin6_addr;
        size = sizeof here.v6.sin6_addr;
    } else {
        return 0;
    }
    self = memcmp(a, b, size) == 0;
    return mix(mix(UINT64_C(0xcbf29ce484222325), a, size), &self, sizeof self) | 1;
}

/* The table is small: where a host has more addresses than places, the last ones share. */
struct rb_route *rb_route_of(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;
    unsigned i = 0;
    uint64_t key;

    if (stream->route == RB_ROUTE_UNKNOWN) {
        key = key_of(file->fd);
        if (key == 0) {
            stream->route = RB_ROUTE_NONE;
            return NULL;
        }
        while (i < RB_ROUTES - 1 && r->route[i].key != 0 && r->route[i].key != key)
            i++;
        r->route[i].key = key;
        stream->route = (uint8_t)(i + 1);
    }
    return stream->route == RB_ROUTE_NONE ? NULL : &r->route[stream->route - 1];
}

enum { WINDOW_BYTES_LEAST = 32 * 1024 };

/* Nothing waits in the socket and the peer has room, so that the kernel's answer will not be long in coming. On
 * loopback a zero-copy send that has to wait for a small window gets through it in pieces of a timeout each
 * (Linux 6.18, 64 KiB in 6 s). */
static bool goes_at_once(int fd, size_t bytes) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;

    if (bytes > WINDOW_BYTES_LEAST)
        bytes = WINDOW_BYTES_LEAST;
    return rb_real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_unacked == 0 &&
           info.tcpi_notsent_bytes == 0 && info.tcpi_snd_wnd >= bytes;
}

/* One send at a time asks, until the kernel has answered. */
bool rb_route_worth_trying(const struct rb_route *route, int fd, size_t bytes) {
    if (route->pays)
        return true;
    return route->asking == 0 && rb_now_ms() >= route->look_again_ms && goes_at_once(fd, bytes);
}

/* How many answers in a row have to say "copied" before a route is left: first, and where some have said otherwise. One
 * alone proves nothing: of sends that share a packet the kernel calls some copied that it did not copy (Linux 6.18,
 * half of those of a flow without TCP_NODELAY). One that was not copied proves that the route does not. */
enum { COPIES_FIRST = 4, COPIES_PAYING = 24 };

static bool still_undecided(const struct rb_route *route) {
    if (route->pays)
        return route->copies < COPIES_PAYING;
    return route->rest_ms == 0 && route->copies < COPIES_FIRST;
}

void rb_route_learn(struct rb_route *route, bool copied) {
    if (!copied) {
        route->pays = true;
        route->copies = 0;
        route->rest_ms = 0;
        return;
    }
    route->copies++;
    if (still_undecided(route))
        return;
    route->pays = false;
    route->copies = 0;
    route->rest_ms = route->rest_ms ? route->rest_ms * 2 : REST_MS;
    if (route->rest_ms > REST_MS_MOST)
        route->rest_ms = REST_MS_MOST;
    route->look_again_ms = rb_now_ms() + route->rest_ms;
}
