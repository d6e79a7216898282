#include "zerocopy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "clock.h"
#include "libc/real.h"
#include "log.h"
#include "process.h"
#include "retired.h"
#include "route.h"
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

/* After a refusal for want of locked memory. */
enum { MEMORY_REST_MS = 1000 };

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
    return send->bytes >= rb_process.zerocopy_min &&
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

    if (rb_process.zerocopy == RB_ZEROCOPY_OFF || bytes < rb_process.zerocopy_min || route == RB_ROUTE_NONE)
        return false;
    return rb_process.zerocopy == RB_ZEROCOPY_FORCE || route == RB_ROUTE_UNKNOWN || r->route[route - 1].pays;
}

bool rb_zerocopy_begin(struct rb_reactor *r, struct rb_file *file, struct rb_send *send) {
    struct rb_route *route;
    struct rb_pins *pins;

    if (rb_process.zerocopy == RB_ZEROCOPY_OFF)
        return false;
    send->bytes = rb_stream_total(send->buffer, send->count);
    if (!suits(send))
        return false;
    route = kernel_can(send) ? rb_route_of(r, file) : NULL;
    if (!route)
        return no(RB_FALLBACK_ZC_UNSUPPORTED);
    if (rb_process.zerocopy == RB_ZEROCOPY_AUTO && !rb_route_worth_trying(route, file->fd, send->bytes))
        return no(RB_FALLBACK_ZC_COPIES);
    if (r->memory_rest_ms != 0 && rb_now_ms() < r->memory_rest_ms)
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
        r->memory_rest_ms = rb_now_ms() + MEMORY_REST_MS;
        rb_stats_fallback(RB_FALLBACK_ZC_MEMORY);
    } else {
        file->stream.route = RB_ROUTE_NONE;
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

static void unpin(struct rb_pins *pins, const struct rb_send *send) {
    pins->count--;
    pins->bytes -= send->bytes;
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
    unpin(pins, send);
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
        rb_route_learn(send->route, copied);
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

/* Its notification will never come: see rb_zerocopy_ask. */
static void mark_unheard(struct rb_reactor *r, struct rb_send *send) {
    uncount(r, send);
    send->unheard = true;
    r->unheard++;
}

/* Of no loop any more: only its memory is left to be let go of. */
static void detach(struct rb_reactor *r, struct rb_send *send) {
    struct rb_pins *pins = send->pins;

    uncount(r, send);
    if (!send->unpin)
        return;
    unpin(pins, send);
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
        mark_unheard(r, send);
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
            mark_unheard(r, op->send);
            op->send = NULL;
        }
}

void rb_zerocopy_move(struct rb_reactor *from, struct rb_reactor *to, struct rb_file *file) {
    struct rb_pins *pins = file->stream.pins;

    file->stream.route = RB_ROUTE_UNKNOWN; /* it was a number of its loop's */
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
