#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "steps.h"

uint64_t step_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static unsigned below(struct taste *taste, unsigned limit) {
    return (unsigned)(step_random(&taste->random) % limit);
}

static bool one_in(struct taste *taste, unsigned n) {
    return below(taste, n) == 0;
}

void step_taste(struct taste *taste, uint64_t seed, bool ahead) {
    static const uint8_t usual[STEP_ACTIONS] = {
        [STEP_MAKE] = 6,     [STEP_CTL] = 14,     [STEP_WAIT] = 24,    [STEP_READ] = 20,
        [STEP_WRITE] = 18,   [STEP_SHUTDOWN] = 1, [STEP_CLOSE] = 2,    [STEP_RESET] = 1,
        [STEP_DUP] = 1,      [STEP_DUP_ONTO] = 1, [STEP_ACCEPT] = 6,   [STEP_CONNECT] = 4,
        [STEP_FIONREAD] = 3, [STEP_POLL] = 4,     [STEP_SO_ERROR] = 1, [STEP_TIMER] = 2,
    };
    static const uint32_t bits[] = {EPOLLET, (uint32_t)EPOLLONESHOT, EPOLLRDHUP, EPOLLPRI};

    taste->random = seed;
    for (unsigned i = 0; i < STEP_ACTIONS; i++)
        taste->weight[i] = usual[i] * (i == STEP_DUP || i == STEP_DUP_ONTO ? one_in(taste, 4) : below(taste, 4));
    taste->weight[STEP_MAKE] += 2;
    taste->weight[STEP_WAIT] += 6;
    taste->weight[STEP_CTL] += 4;
    taste->events = 0;
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (one_in(taste, 3))
            taste->events |= bits[i];
    if (one_in(taste, 12))
        taste->events |= EPOLLEXCLUSIVE;
    taste->kinds = one_in(taste, 3) ? 1u << KIND_TCP | 1u << KIND_LISTENER : (uint32_t)step_random(&taste->random);
    taste->kinds |= 1u << KIND_TCP;
    taste->loops = one_in(taste, 4) ? 2 : 1;
    taste->urgent = one_in(taste, 6);
    if (ahead) {
        taste->urgent = false;
        taste->loops = 1;
        taste->weight[STEP_DUP] = taste->weight[STEP_DUP_ONTO] = 0;
        taste->events &= ~(uint32_t)EPOLLPRI;
    }
}

/* ---- slots ---- */

/* A slot whose object's kind is among `kinds`; -1: there is none. */
static int any_slot(struct taste *taste, struct twin *twin, uint32_t kinds) {
    unsigned start = below(taste, SLOTS);

    for (unsigned i = 0; i < SLOTS; i++) {
        unsigned slot = (start + i) % SLOTS;
        const struct object *object = twin_object(twin, slot);

        if (object && (kinds >> object->kind & 1))
            return (int)slot;
    }
    return -1;
}

static int free_slot(const struct twin *twin, int after) {
    for (int i = after + 1; i < SLOTS; i++)
        if (twin_is_free(twin, (unsigned)i))
            return i;
    return -1;
}

/* ---- details ---- */

static uint32_t interest(struct taste *taste) {
    static const uint32_t usual[] = {EPOLLIN, EPOLLIN, EPOLLIN, EPOLLIN | EPOLLOUT, EPOLLOUT, 0};
    uint32_t events = usual[below(taste, sizeof usual / sizeof usual[0])];

    for (uint32_t bit = 1; bit; bit <<= 1)
        if ((taste->events & bit) && below(taste, 2))
            events |= bit;
    return events;
}

static uint32_t some_bytes(struct taste *taste, uint32_t most) {
    return one_in(taste, 8) ? 1 + below(taste, most) : 1 + below(taste, 100);
}

static void choose_read(struct taste *taste, struct step *step, enum kind kind) {
    static const long calls[] = {SYS_read, SYS_read, SYS_recvfrom, SYS_recvfrom, SYS_readv, SYS_recvmsg};
    static const int flags[] = {0, 0, MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, MSG_PEEK | MSG_DONTWAIT, MSG_OOB};

    step->choice = (uint32_t)calls[below(taste, sizeof calls / sizeof calls[0])];
    if (step->choice == SYS_recvfrom || step->choice == SYS_recvmsg)
        step->flags = (uint32_t)flags[below(taste, taste->urgent ? 7 : 6)];
    step->size = one_in(taste, 3) ? 65536 : some_bytes(taste, 4096);
    if (kind == KIND_EVENTFD || kind == KIND_TIMERFD) {
        step->choice = SYS_read;
        step->size = one_in(taste, 16) ? 4 : 8;
    }
}

static void choose_write(struct taste *taste, struct step *step, enum kind kind) {
    static const long calls[] = {SYS_write, SYS_write, SYS_sendto, SYS_writev};
    static const int flags[] = {0, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB};

    step->choice = (uint32_t)calls[below(taste, sizeof calls / sizeof calls[0])];
    if (step->choice == SYS_sendto)
        step->flags = (uint32_t)flags[below(taste, taste->urgent && kind == KIND_TCP ? 4 : 3)];
    step->size = some_bytes(taste, kind == KIND_TCP ? 8000 : 40000);
    if (kind == KIND_EVENTFD) {
        step->choice = SYS_write;
        step->size = 8;
    }
}

static void choose_make(struct taste *taste, struct step *step) {
    do
        step->choice = KIND_TCP + below(taste, KIND_LISTENER);
    while (step->choice == KIND_PIPE_OUT || !(taste->kinds >> step->choice & 1));
}

static uint32_t kinds_for(unsigned action) {
    switch (action) {
    case STEP_ACCEPT:
        return 1u << KIND_LISTENER;
    case STEP_RESET:
        return 1u << KIND_TCP;
    case STEP_TIMER:
        return 1u << KIND_TIMERFD;
    case STEP_WRITE:
        return ~(1u << KIND_LISTENER | 1u << KIND_TIMERFD);
    case STEP_CONNECT:
        return 1u << KIND_LISTENER;
    default:
        return ~0u;
    }
}

static void choose_details(struct taste *taste, struct twin *twin, struct step *step) {
    const struct object *object = twin_object(twin, step->slot);
    enum kind kind = object ? object->kind : KIND_NONE;

    switch ((enum action)step->action) {
    case STEP_MAKE:
        choose_make(taste, step);
        break;
    case STEP_CTL:
        step->choice = below(taste, 5) < 2 ? EPOLL_CTL_ADD : one_in(taste, 4) ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
        step->size = interest(taste);
        break;
    case STEP_WAIT:
        step->size = one_in(taste, 64);
        break;
    case STEP_READ:
        choose_read(taste, step, kind);
        break;
    case STEP_WRITE:
        choose_write(taste, step, kind);
        break;
    case STEP_POLL:
        step->size = one_in(taste, 2) ? POLLIN : POLLIN | POLLOUT | POLLPRI | POLLRDHUP;
        break;
    case STEP_SHUTDOWN:
    case STEP_TIMER:
        step->choice = below(taste, 3);
        break;
    default:
        break;
    }
}

struct step step_choose(struct taste *taste, struct twin *twin) {
    struct step step = {0};
    unsigned total = 0, pick;
    int slot, other = -1;

    for (unsigned i = 0; i < STEP_ACTIONS; i++)
        total += taste->weight[i];
    for (pick = below(taste, total); pick >= taste->weight[step.action]; step.action++)
        pick -= taste->weight[step.action];
    slot = any_slot(taste, twin, kinds_for(step.action));
    if (slot < 0 && step.action != STEP_WAIT && step.action != STEP_CONNECT)
        step.action = STEP_MAKE;
    switch (step.action) {
    case STEP_MAKE:
        slot = free_slot(twin, -1);
        other = slot < 0 ? -1 : free_slot(twin, slot);
        break;
    case STEP_DUP_ONTO:
        other = any_slot(taste, twin, ~0u);
        break;
    case STEP_ACCEPT:
    case STEP_DUP:
        other = free_slot(twin, -1);
        break;
    case STEP_CONNECT:
        other = one_in(taste, 10) ? -1 : slot;
        slot = free_slot(twin, -1);
        break;
    default:
        break;
    }
    step.slot = slot < 0 ? SLOTS : (uint8_t)slot;
    step.other = other < 0 ? SLOTS : (uint8_t)other;
    step.loop = (uint8_t)below(taste, taste->loops);
    if (step.slot < SLOTS || step.action == STEP_WAIT)
        choose_details(taste, twin, &step);
    return step;
}
