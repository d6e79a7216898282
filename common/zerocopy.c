#include "zerocopy.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "libc/real.h"
#include "log.h"
#include "process.h"
#include "retired.h"
#include "stream.h"
#include "uring_abi.h"

/* Bounds of what may be pinned at a time, and how small the pieces of a send may be on average: below a page the kernel
 * looks up as many pages as it would copy bytes worth copying. */
enum {
    STREAM_SENDS_MOST = 16,
    STREAM_BYTES_MOST = 16 * 1024 * 1024,
    LOOP_SENDS_MOST = RB_SQ_ENTRIES / 2,
    LOOP_BYTES_MOST = 64 * 1024 * 1024,
    PIECE_BYTES_LEAST = 4096
};

/* After a refusal for want of locked memory; and how long a route that copies is left alone, doubled each time that it
 * still does. */
enum { MEMORY_REST_MS = 1000, ROUTE_REST_MS = 1000, ROUTE_REST_MS_MOST = 64 * 1000 };

enum { ROUTE_UNKNOWN = 0, ROUTE_NONE = 255 };

static uint64_t now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- routes: where the kernel is known to copy after all ---- */

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

/* The route of a stream, found at its first large send. NULL: it has none that leads past a copy. The table is small:
 * where a host has more addresses than places, the last ones share. */
static struct rb_route *route_of(struct rb_reactor *r, struct rb_file *file) {
    struct rb_stream *stream = &file->stream;
    unsigned i = 0;
    uint64_t key;

    if (stream->route == ROUTE_UNKNOWN) {
        key = key_of(file->fd);
        if (key == 0) {
            stream->route = ROUTE_NONE;
            return NULL;
        }
        while (i < RB_ROUTES - 1 && r->route[i].key != 0 && r->route[i].key != key)
            i++;
        r->route[i].key = key;
        stream->route = (uint8_t)(i + 1);
    }
    return stream->route == ROUTE_NONE ? NULL : &r->route[stream->route - 1];
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
static bool worth_trying(const struct rb_route *route, int fd, size_t bytes) {
    if (route->pays)
        return true;
    return route->asking == 0 && now_ms() >= route->look_again_ms && goes_at_once(fd, bytes);
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

static void learn(struct rb_route *route, bool copied) {
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
    route->rest_ms = route->rest_ms ? route->rest_ms * 2 : ROUTE_REST_MS;
    if (route->rest_ms > ROUTE_REST_MS_MOST)
        route->rest_ms = ROUTE_REST_MS_MOST;
    route->look_again_ms = now_ms() + route->rest_ms;
}

/* ---- pins ---- */

static struct rb_pins *pins_of(struct rb_file *file) {
    struct rb_pins *pins = file->stream.pins;

    if (!pins) {
        pins = calloc(1, sizeof *pins);
        if (pins)
            pins->file = file;
        file->stream.pins = pins;
    }
    return pins;
}

static void count_pinned(struct rb_reactor *r, const struct rb_send *send, bool more) {
    uint64_t bytes = send->bytes;

    if (more) {
        r->pinned++;
        r->pinned_bytes += bytes;
        if (r->pinned_bytes > r->pinned_bytes_peak) {
            rb_count(r->stats, RB_COUNTER_ZC_PINNED_PEAK, r->pinned_bytes - r->pinned_bytes_peak);
            r->pinned_bytes_peak = r->pinned_bytes;
        }
    } else {
        r->pinned--;
        r->pinned_bytes -= bytes;
    }
    rb_count(r->stats, RB_COUNTER_ZC_PINNED_BYTES, more ? bytes : -bytes);
}

/* Large and of large pieces, in memory that stays: only then is it worth a thought. */
static bool suits(const struct rb_send *send) {
    return rb_process.zerocopy != RB_ZEROCOPY_OFF && send->bytes >= rb_process.zerocopy_min &&
           (send->count == 1 || send->bytes / (unsigned)send->count >= PIECE_BYTES_LEAST) &&
           send->buffer[0].iov_base != send->copy;
}

static bool kernel_can(const struct rb_send *send) {
    return rb_process.caps.have[RB_CAP_SEND_ZC] && (send->count == 1 || rb_process.caps.have[RB_CAP_SENDMSG_ZC]) &&
           (rb_process.zerocopy == RB_ZEROCOPY_FORCE || rb_process.caps.have[RB_CAP_ZC_REPORT_USAGE]);
}

static bool room_for(const struct rb_reactor *r, const struct rb_file *file, const struct rb_send *send) {
    const struct rb_pins *pins = file->stream.pins;

    if (r->pinned >= LOOP_SENDS_MOST || r->pinned_bytes + send->bytes > LOOP_BYTES_MOST)
        return false;
    return send->bytes <= STREAM_BYTES_MOST &&
           (!pins || (pins->count < STREAM_SENDS_MOST && pins->bytes + send->bytes <= STREAM_BYTES_MOST));
}

static bool no(enum rb_fallback why) {
    rb_stats_fallback(why);
    return false;
}

bool rb_zerocopy_likely(const struct rb_reactor *r, const struct rb_file *file, size_t bytes) {
    unsigned char route = file->stream.route;

    if (rb_process.zerocopy == RB_ZEROCOPY_OFF || bytes < rb_process.zerocopy_min || route == ROUTE_NONE)
        return false;
    return rb_process.zerocopy == RB_ZEROCOPY_FORCE || route == ROUTE_UNKNOWN || r->route[route - 1].pays;
}

bool rb_zerocopy_begin(struct rb_reactor *r, struct rb_file *file, struct rb_send *send) {
    struct rb_route *route;
    struct rb_pins *pins;

    send->bytes = rb_stream_total(send->buffer, send->count);
    if (!suits(send))
        return false;
    route = kernel_can(send) ? route_of(r, file) : NULL;
    if (!route)
        return no(RB_FALLBACK_ZC_UNSUPPORTED);
    if (rb_process.zerocopy == RB_ZEROCOPY_AUTO && !worth_trying(route, file->fd, send->bytes))
        return no(RB_FALLBACK_ZC_COPIES);
    if (r->memory_rest_ms != 0 && now_ms() < r->memory_rest_ms)
        return no(RB_FALLBACK_ZC_MEMORY);
    if (!room_for(r, file, send))
        return no(RB_FALLBACK_ZC_PINNED);
    pins = pins_of(file);
    if (!pins)
        return no(RB_FALLBACK_ZC_MEMORY);
    pins->count++;
    pins->bytes += send->bytes;
    send->pins = pins;
    send->route = route;
    send->pinned = true;
    send->asks = !route->pays;
    route->asking += send->asks;
    count_pinned(r, send, true);
    rb_count(r->stats, RB_COUNTER_SENDS_ZC, 1);
    return true;
}

void rb_zerocopy_refused(struct rb_reactor *r, struct rb_file *file, int error) {
    if (error == ENOMEM || error == ENOBUFS) {
        r->memory_rest_ms = now_ms() + MEMORY_REST_MS;
        rb_stats_fallback(RB_FALLBACK_ZC_MEMORY);
    } else {
        file->stream.route = ROUTE_NONE;
        rb_stats_fallback(RB_FALLBACK_ZC_UNSUPPORTED);
    }
}

/* ---- what may be told ---- */

static void enqueue(struct rb_pins *pins, struct rb_send *send) {
    send->behind = NULL;
    send->queued = true;
    if (pins->last)
        pins->last->behind = send;
    else
        pins->first = send;
    pins->last = send;
    pins->untold += send->taken;
}

static struct rb_send *dequeue(struct rb_pins *pins) {
    struct rb_send *send = pins->first;

    pins->first = send->behind;
    if (!pins->first)
        pins->last = NULL;
    pins->untold -= send->taken;
    send->queued = false;
    return send;
}

static void free_if_over(struct rb_pins *pins) {
    if (!pins->file && pins->count == 0 && !pins->first)
        free(pins);
}

/* In the order in which they were written: all up to the first that the kernel still reads. */
static void tell(struct rb_reactor *r, struct rb_pins *pins) {
    struct rb_file *file = pins->file;

    while (pins->first && !pins->first->pinned) {
        struct rb_send *send = dequeue(pins);

        file->stream.sent += send->taken;
        rb_send_dispose(r, send);
    }
    rb_reactor_ready(r, file);
}

bool rb_zerocopy_taken(struct rb_file *file, struct rb_send *send, bool pinned) {
    struct rb_pins *pins = file->stream.pins;
    bool by_reference = send->unpin != NULL;

    /* By reference: the library may do as it likes with its buffers, and never has two writes in the queue. */
    if (!pins || by_reference || (!pinned && !pins->first))
        return true;
    enqueue(pins, send);
    return false;
}

/* No longer counted against the bounds of its loop, and its route may be asked again. */
static void uncount(struct rb_reactor *r, struct rb_send *send) {
    count_pinned(r, send, false);
    send->route->asking -= send->asks;
    send->asks = false;
}

void rb_zerocopy_let_go(struct rb_reactor *r, struct rb_send *send) {
    struct rb_pins *pins = send->pins;

    if (!send->unheard)
        uncount(r, send);
    r->unheard -= send->unheard;
    send->unheard = send->pinned = false;
    pins->count--;
    pins->bytes -= send->bytes;
    if (pins->count == 0 && pins->released && !send->unpin) {
        send->unpin = pins->released;
        send->pin = pins->arg;
        pins->released = NULL;
    }
    if (send->queued)
        tell(r, pins);
    else
        rb_send_dispose(r, send);
    free_if_over(pins);
}

void rb_zerocopy_notified(struct rb_reactor *r, struct rb_send *send, int result) {
    bool copied = (result & (int)IORING_NOTIF_USAGE_ZC_COPIED) != 0;

    rb_count(r->stats, RB_COUNTER_ZC_NOTIFICATIONS, 1);
    rb_count(r->stats, RB_COUNTER_ZC_COPIED, copied);
    /* Of a send that was refused nothing can be learnt. */
    if (send->taken > 0 && rb_process.caps.have[RB_CAP_ZC_REPORT_USAGE])
        learn(send->route, copied);
    rb_zerocopy_let_go(r, send);
}

size_t rb_zerocopy_untold(const struct rb_file *file) {
    return file->stream.pins ? file->stream.pins->untold : 0;
}

bool rb_zerocopy_holds_back(const struct rb_file *file) {
    return file->stream.pins && file->stream.pins->first;
}

void rb_zerocopy_forget(struct rb_reactor *r, struct rb_file *file) {
    struct rb_pins *pins = file->stream.pins;

    while (pins && pins->first) {
        struct rb_send *send = dequeue(pins);

        if (send->unheard)
            rb_zerocopy_let_go(r, send); /* and nobody will ever say so */
        else if (!send->pinned)
            rb_send_dispose(r, send);
    }
}

void rb_zerocopy_drop(struct rb_reactor *r, struct rb_file *file) {
    struct rb_pins *pins = file->stream.pins;

    if (!pins)
        return;
    rb_zerocopy_forget(r, file);
    file->stream.pins = NULL;
    pins->file = NULL;
    free_if_over(pins);
}

bool rb_zerocopy_when_released(struct rb_file *file, void (*released)(void *arg), void *arg) {
    struct rb_pins *pins = file->stream.pins;

    if (!pins || pins->count == 0)
        return false;
    pins->released = released;
    pins->arg = arg;
    return true;
}

/* ---- without the ring that would have notified ---- */

/* Memory that the kernel may still read, and that nobody waits for: it stays, where leak checkers see it. */
static void keep(struct rb_send *send) {
    static struct rb_send *_Atomic kept;

    send->next = atomic_load_explicit(&kept, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&kept, &send->next, send, memory_order_relaxed, memory_order_relaxed))
        ;
}

/* Of no loop any more: only its memory is left to be let go of. */
static void detach(struct rb_reactor *r, struct rb_send *send) {
    struct rb_pins *pins = send->pins;

    uncount(r, send);
    if (!send->unpin)
        return;
    pins->count--;
    pins->bytes -= send->bytes;
    send->pins = NULL;
    free_if_over(pins);
}

/* What becomes of one send. Returns whether its notification still matters.
 *   deaf  nobody can ask the ring any more */
static bool abandon(struct rb_reactor *r, struct rb_send *send, bool deaf, bool *hurry) {
    static atomic_uint said;

    if (!send->pinned) {
        keep(send); /* how it went, and when it is over, is known to nobody */
        return false;
    }
    if (!send->unpin && send->pins->file) {
        uncount(r, send);
        send->unheard = true;
        r->unheard++;
        if (!send->queued)
            enqueue(send->pins, send);
        return false;
    }
    if (deaf && !send->unpin) {
        rb_log_once(&said, "a loop lost its ring while the kernel was sending memory of connections that are closed: "
                           "what the program writes there now may reach their peers");
        rb_zerocopy_let_go(r, send);
        return false;
    }
    *hurry |= !send->unpin;
    detach(r, send);
    if (deaf)
        keep(send);
    return !deaf;
}

void rb_zerocopy_abandon(struct rb_reactor *r, bool forked) {
    bool deaf = !rb_reactor_owned(r) || r->ring.error != 0, some = false, hurry = false;
    uint32_t place = 0;
    struct rb_op *op;

    while ((op = rb_op_next_with_send(&r->ops, &place))) {
        struct rb_send *send = op->send;

        if (forked && send->pinned) {
            op->send = NULL;
            rb_zerocopy_let_go(r, send);
        } else if (!abandon(r, send, deaf, &hurry)) {
            op->send = NULL;
        } else {
            some = true;
        }
    }
    if (!some || rb_retired_keep(&r->ring, &r->ops, hurry))
        return;
    for (place = 0; (op = rb_op_next_with_send(&r->ops, &place)); op->send = NULL)
        keep(op->send);
}

void rb_zerocopy_finish(struct rb_send *send) {
    struct rb_pins *pins = send->pins;

    if (send->unpin)
        send->unpin(send->pin);
    free(send);
    if (!pins || --pins->count > 0)
        return;
    if (pins->released)
        pins->released(pins->arg);
    free_if_over(pins);
}

/* The bytes that the peer has not confirmed; nothing can be asked of what is no socket any more. */
static bool all_confirmed(int fd) {
    int unconfirmed = 0;

    return rb_real.ioctl(fd, TIOCOUTQ, &unconfirmed) < 0 || unconfirmed == 0;
}

static struct rb_send *first_unheard(const struct rb_pins *pins) {
    struct rb_send *send = pins->first;

    while (send && !send->unheard)
        send = send->behind;
    return send;
}

bool rb_zerocopy_ask(struct rb_reactor *r) {
    struct rb_send *send;

    for (struct rb_file *file = r->claimed; file && r->unheard > 0; file = file->claimed_next) {
        struct rb_pins *pins = file->stream.pins;

        if (pins && first_unheard(pins) && all_confirmed(file->fd))
            while ((send = first_unheard(pins)))
                rb_zerocopy_let_go(r, send);
    }
    return r->unheard > 0;
}

/* Nothing of the ring's will tell of these any more. */
static void cut_off(struct rb_reactor *r, const struct rb_pins *pins) {
    uint32_t place = 0;
    struct rb_op *op;

    while ((op = rb_op_next_with_send(&r->ops, &place)))
        if (op->send->pins == pins && op->send->queued) {
            uncount(r, op->send);
            op->send->unheard = true;
            r->unheard++;
            op->send = NULL;
        }
}

void rb_zerocopy_move(struct rb_reactor *from, struct rb_reactor *to, struct rb_file *file) {
    struct rb_pins *pins = file->stream.pins;

    file->stream.route = ROUTE_UNKNOWN; /* it was a number of its loop's */
    if (!pins)
        return;
    if (!pins->first) {
        /* What the other ring still reads is that loop's affair. */
        file->stream.pins = NULL;
        pins->file = NULL;
        free_if_over(pins);
        return;
    }
    cut_off(from, pins);
    for (const struct rb_send *send = pins->first; send; send = send->behind) {
        from->unheard -= send->unheard;
        to->unheard += send->unheard;
    }
}
