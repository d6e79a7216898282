#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "compare.h"
#include "steps.h"

enum { TCP_UNREAD_MOST = 16384 };

static bool same(const char *what, const struct step *step, const long got[SIDES]) {
    bool equal = got[KERNEL] < 0 || got[LIBC] < 0 ? got[KERNEL] == got[LIBC] : true;

    if (equal)
        return true;
    return compare_differs("slot %u: %s gives %ld in the kernel, %ld by libc", step->slot, what, got[KERNEL],
                           got[LIBC]);
}

static bool both_free(const struct twin *twin, const struct step *step) {
    return step->other < SLOTS && step->other != step->slot && twin_is_free(twin, step->slot) &&
           twin_is_free(twin, step->other);
}

static bool make(struct twin *twin, const struct step *step) {
    bool pair = step->choice == KIND_TCP || step->choice == KIND_UNIX || step->choice == KIND_PIPE_IN;

    if (twin_is_free(twin, step->slot) && (!pair || both_free(twin, step)))
        twin_make(twin, (enum kind)step->choice, step->slot, step->other);
    return true;
}

static bool control(struct twin *twin, const struct step *step, unsigned token) {
    struct epoll_event event = {.events = step->size, .data.u64 = token};
    long got[SIDES];

    twin->registered[token] =
        (struct registration){.events = step->size, .slot = step->slot, .object = twin->slots[step->slot].object};
    for (enum side side = KERNEL; side < SIDES; side++)
        got[side] = side_call(side, SYS_epoll_ctl, twin->loops[step->loop][side], step->choice,
                              twin->slots[step->slot].fd[side], (long)&event);
    return same("epoll_ctl", step, got);
}

/* A loop is watched by another, or by itself, which is an error. */
static bool nest(struct twin *twin, const struct step *step, unsigned token) {
    struct epoll_event event = {.events = step->size, .data.u64 = token};
    long got[SIDES];

    if (step->other >= LOOPS)
        return true;
    twin->registered[token] = (struct registration){.events = step->size, .slot = SLOTS + step->other};
    twin->watched[step->other] = true;
    for (enum side side = KERNEL; side < SIDES; side++)
        got[side] = side_call(side, SYS_epoll_ctl, twin->loops[step->loop][side], step->choice,
                              twin->loops[step->other][side], (long)&event);
    return same("epoll_ctl of a loop", step, got);
}

static bool write_to(struct twin *twin, const struct step *step) {
    const struct object *object = twin_object(twin, step->slot);

    if (object->kind == KIND_TCP && object->peer >= 0 &&
        twin->objects[object->peer].unread + step->size > TCP_UNREAD_MOST)
        return true; /* when a TCP buffer is full depends on more than what was written */
    return compare_write(twin, step->slot, (long)step->choice, step->size, (int)step->flags);
}

/* To close with bytes unread is to reset the connection, but only for who has not received them ahead. */
static bool read_all(struct twin *twin, unsigned slot) {
    if (!twin->ahead || twin_object(twin, slot)->kind != KIND_TCP)
        return true;
    return compare_read(twin, slot, SYS_read, 65536, 0);
}

/* A reset leaves by SO_LINGER with no time; RST or FIN, the peers come equally far before the next step. */
static bool end(struct twin *twin, const struct step *step) {
    const struct linger at_once = {1, 0};
    long got[SIDES];

    if (!read_all(twin, step->slot))
        return false;
    for (enum side side = KERNEL; side < SIDES; side++) {
        int fd = twin->slots[step->slot].fd[side];

        if (step->action == STEP_RESET)
            side_call(side, SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, (long)&at_once);
        got[side] = side_call(side, SYS_close, fd, 0, 0, 0);
    }
    twin_touch(twin, twin->slots[step->slot].object);
    twin_unname(twin, step->slot);
    twin_settle(twin);
    return same("close", step, got);
}

static bool shut_down(struct twin *twin, const struct step *step) {
    long got[SIDES];

    for (enum side side = KERNEL; side < SIDES; side++)
        got[side] = side_call(side, SYS_shutdown, twin->slots[step->slot].fd[side], step->choice, 0, 0);
    twin_touch(twin, twin->slots[step->slot].object);
    twin_settle(twin);
    return same("shutdown", step, got);
}

static bool duplicate(struct twin *twin, const struct step *step) {
    long got[SIDES];

    if (step->other >= SLOTS || !twin_is_free(twin, step->other))
        return true;
    for (enum side side = KERNEL; side < SIDES; side++)
        got[side] = twin_must(side_call(side, SYS_dup, twin->slots[step->slot].fd[side], 0, 0, 0), "dup");
    twin_name(twin, step->other, twin->slots[step->slot].object, got);
    return true;
}

static bool duplicate_onto(struct twin *twin, const struct step *step) {
    long got[SIDES], fds[SIDES];

    if (step->other >= SLOTS || step->other == step->slot || twin_is_free(twin, step->other))
        return true;
    if (!read_all(twin, step->other))
        return false;
    for (enum side side = KERNEL; side < SIDES; side++) {
        fds[side] = twin->slots[step->other].fd[side];
        got[side] = side_call(side, SYS_dup3, twin->slots[step->slot].fd[side], fds[side], 0, 0);
    }
    twin_touch(twin, twin->slots[step->other].object);
    twin_unname(twin, step->other);
    twin_name(twin, step->other, twin->slots[step->slot].object, fds);
    twin_settle(twin);
    return same("dup2", step, got);
}

static int next_in_queue(struct object *host) {
    int first = host->queue[0];

    for (int i = 1; i < host->queued; i++)
        host->queue[i - 1] = host->queue[i];
    host->queued--;
    return first;
}

static bool take_connection(struct twin *twin, const struct step *step) {
    struct object *host = twin_object(twin, step->slot);
    int object, client;
    long got[SIDES];

    if (host->kind != KIND_LISTENER || step->other >= SLOTS || !twin_is_free(twin, step->other))
        return true;
    for (enum side side = KERNEL; side < SIDES; side++)
        got[side] = side_call(side, SYS_accept4, twin->slots[step->slot].fd[side], 0, 0, SOCK_NONBLOCK);
    if (!same("accept4", step, got) || got[KERNEL] < 0)
        return got[KERNEL] == got[LIBC];
    client = next_in_queue(host);
    object = twin_new_object(twin, KIND_TCP);
    twin_name(twin, step->other, object, got);
    twin->objects[object].peer = client;
    if (client >= 0)
        twin->objects[client].peer = object;
    return true;
}

static bool begin_connection(struct twin *twin, const struct step *step) {
    const struct object *host = step->other < SLOTS ? twin_object(twin, step->other) : NULL;
    long got[SIDES];

    if (!twin_is_free(twin, step->slot))
        return true;
    if (host && (host->kind != KIND_LISTENER || host->queued == BACKLOG))
        return true;
    twin_connect(twin, step->slot, host ? step->other : -1, got);
    return same("connect", step, got);
}

static bool is_readable(int fd) {
    struct pollfd poll = {.fd = fd, .events = POLLIN};

    return side_call(KERNEL, SYS_ppoll, (long)&poll, 1, 0, 0) == 1;
}

static bool set_timer(struct twin *twin, const struct step *step) {
    static const struct timespec times[3] = {{0, 0}, {1000000, 0}, {0, 1}};
    struct itimerspec timer = {.it_value = times[step->choice % 3]};

    if (twin_object(twin, step->slot)->kind != KIND_TIMERFD)
        return true;
    for (enum side side = KERNEL; side < SIDES; side++)
        twin_must(kernel_call(SYS_timerfd_settime, twin->slots[step->slot].fd[side], 0, (long)&timer, 0, 0), "timerfd");
    nap(); /* it expires at both before anybody looks, however late a busy machine's clock interrupt is */
    for (enum side side = KERNEL; side < SIDES; side++)
        while (step->choice % 3 == 2 && !is_readable(twin->slots[step->slot].fd[side]))
            nap();
    return true;
}

static bool apply_to_object(struct twin *twin, const struct step *step, unsigned token) {
    switch ((enum action)step->action) {
    case STEP_CTL:
        return control(twin, step, token);
    case STEP_READ:
        return compare_read(twin, step->slot, (long)step->choice, step->size, (int)step->flags);
    case STEP_WRITE:
        return write_to(twin, step);
    case STEP_SHUTDOWN:
        return shut_down(twin, step);
    case STEP_CLOSE:
    case STEP_RESET:
        return end(twin, step);
    case STEP_DUP:
        return duplicate(twin, step);
    case STEP_DUP_ONTO:
        return duplicate_onto(twin, step);
    case STEP_ACCEPT:
        return take_connection(twin, step);
    case STEP_FIONREAD:
        return compare_fionread(twin, step->slot);
    case STEP_POLL:
        return compare_poll(twin, step->slot, (short)step->size);
    case STEP_SO_ERROR:
        return compare_so_error(twin, step->slot);
    case STEP_TIMER:
        return set_timer(twin, step);
    default:
        return true;
    }
}

bool step_apply(struct twin *twin, const struct step *step, unsigned token) {
    if (step->action == STEP_WAIT)
        return compare_wait(twin, step->loop, (int)step->size);
    if (step->action == STEP_NEST)
        return nest(twin, step, token);
    if (step->action == STEP_POLL_LOOP)
        return compare_poll_loop(twin, step->loop);
    if (step->slot >= SLOTS)
        return true;
    if (step->action == STEP_MAKE)
        return make(twin, step);
    if (step->action == STEP_CONNECT)
        return begin_connection(twin, step);
    return twin_is_free(twin, step->slot) || apply_to_object(twin, step, token);
}
