#include "show.h"

#include "accept.h"
#include "process.h"
#include "stream.h"

static enum rb_way way_of(const struct rb_file *file) {
    if (rb_accept_carries(file))
        return RB_WAY_ACCEPT;
    switch (file->stream.recv) {
    case RB_RECV_WANTED:
    case RB_RECV_ARMED:
    case RB_RECV_STOPPING:
    case RB_RECV_ENDED:
        return RB_WAY_RECEIVE;
    case RB_RECV_READINESS:
    case RB_RECV_OVER:
        break;
    }
    return file->stream.bulk && file->kind != RB_KIND_OTHER ? RB_WAY_DIRECT : RB_WAY_READINESS;
}

static bool can_receive(void) {
    return rb_process.caps.have[RB_CAP_RECV_MULTISHOT] && rb_process.caps.have[RB_CAP_BUFFER_RING];
}

/* Why the ring tells its readiness and no more. */
static enum rb_why why_readiness(const struct rb_reactor *r, const struct rb_file *file) {
    if (file->kind == RB_KIND_OTHER)
        return (enum rb_why)file->why;
    if (file->stream.recv == RB_RECV_OVER)
        return RB_WHY_ENDED;
    if ((file->kind == RB_KIND_LISTENER || (file->hint && file->hint->listener)) && !rb_accept_alone(file))
        return RB_WHY_COMPANY;
    if (rb_process.streams == RB_STREAMS_OFF)
        return RB_WHY_STREAMS_OFF;
    if (file->want & RB_STREAM_UNUSUAL)
        return RB_WHY_INTEREST;
    if (rb_process.streams == RB_STREAMS_HINTED && !(file->hint && (file->hint->stream || file->hint->listener)))
        return RB_WHY_UNHINTED;
    if (!(file->want & EPOLLIN))
        return RB_WHY_ONLY_OUTPUT;
    if (r->state != RB_REACTOR_RING || rb_accept_candidate(file))
        return RB_WHY_NEXT_USE;
    if (!can_receive())
        return RB_WHY_NO_CAPABILITY;
    return r->pool ? RB_WHY_NEXT_USE : RB_WHY_NO_BUFFERS;
}

static enum rb_why why_of(const struct rb_reactor *r, const struct rb_file *file, enum rb_way way) {
    switch (way) {
    case RB_WAY_DIRECT:
        return RB_WHY_LARGE_READS;
    case RB_WAY_READINESS:
        return why_readiness(r, file);
    default:
        return RB_WHY_NONE;
    }
}

static void put(const struct rb_reactor *r, int fd, struct rb_fdstate state) {
    if (!r->stats) /* limbo, which nobody runs */
        return;
    state.slot = rb_stats_slot_place(r->stats);
    state.generation = atomic_load_explicit(&r->stats->generation, memory_order_relaxed);
    rb_stats_show_fd(fd, rb_fdstate_pack(&state));
}

void rb_show(const struct rb_reactor *r, const struct rb_file *file) {
    struct rb_fdstate state = {.way = way_of(file)};

    state.why = why_of(r, file, (enum rb_way)state.way);
    state.sends = rb_stream_sends(file);
    put(r, file->fd, state);
}

void rb_show_set_aside(const struct rb_reactor *r, struct rb_file *file, enum rb_why why) {
    rb_file_set_aside(file, why);
    rb_show(r, file);
}

void rb_show_passed(const struct rb_reactor *r, int fd, enum rb_why why) {
    put(r, fd, (struct rb_fdstate){.way = RB_WAY_EPOLL, .why = why});
}

void rb_show_nothing(int fd) {
    if (rb_stats_fd(fd) != 0)
        rb_stats_show_fd(fd, 0);
}
