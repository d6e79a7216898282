#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "forks.h"
#include "steps.h"

struct name {
    uint32_t bit;
    const char *name;
};

static void print_bits(FILE *to, uint32_t bits, const struct name *names, size_t count) {
    const char *between = "";

    for (size_t i = 0; i < count; i++)
        if (bits & names[i].bit) {
            fprintf(to, "%s%s", between, names[i].name);
            between = "|";
            bits &= ~names[i].bit;
        }
    if (bits || !*between)
        fprintf(to, "%s%#x", between, bits);
}

static void print_events(FILE *to, uint32_t events) {
    static const struct name names[] = {
        {EPOLLIN, "IN"},
        {EPOLLOUT, "OUT"},
        {EPOLLPRI, "PRI"},
        {EPOLLRDHUP, "RDHUP"},
        {EPOLLET, "ET"},
        {(uint32_t)EPOLLONESHOT, "ONESHOT"},
        {EPOLLEXCLUSIVE, "EXCLUSIVE"},
    };

    print_bits(to, events, names, sizeof names / sizeof names[0]);
}

static const char *call_name(uint32_t number) {
    switch (number) {
    case SYS_read:
        return "read";
    case SYS_readv:
        return "readv";
    case SYS_recvfrom:
        return "recv";
    case SYS_recvmsg:
        return "recvmsg";
    case SYS_write:
        return "write";
    case SYS_writev:
        return "writev";
    case SYS_sendto:
        return "send";
    default:
        return "?";
    }
}

static void print_bytes(FILE *to, const struct step *step) {
    static const struct name names[] = {
        {MSG_OOB, "OOB"},         {MSG_PEEK, "PEEK"},         {MSG_DONTWAIT, "DONTWAIT"},
        {MSG_WAITALL, "WAITALL"}, {MSG_NOSIGNAL, "NOSIGNAL"},
    };

    fprintf(to, "%s slot %u, %u bytes, flags ", call_name(step->choice), step->slot, step->size);
    print_bits(to, step->flags, names, sizeof names / sizeof names[0]);
}

void step_print(FILE *to, unsigned number, const struct step *step) {
    static const char *const kinds[] = {"nothing", "tcp pair", "unix pair", "pipe",
                                        "pipe",    "eventfd",  "timerfd",   "listener"};
    static const char *const operations[] = {"?", "ADD", "DEL", "MOD"};
    static const char *const forks[FORK_KINDS] = {
        [FORK_LEAVE] = "the child leaves",
        [FORK_WORLD] = "the child makes its own world",
        [FORK_TALK] = "the child talks",
        [FORK_SPAWN] = "another program",
        [FORK_GO_ON] = "the child goes on, the parent leaves",
    };
    static const char *const plain[STEP_ACTIONS] = {
        [STEP_CLOSE] = "close",       [STEP_RESET] = "reset",       [STEP_DUP] = "dup",
        [STEP_DUP_ONTO] = "dup2",     [STEP_ACCEPT] = "accept",     [STEP_CONNECT] = "connect",
        [STEP_FIONREAD] = "FIONREAD", [STEP_SO_ERROR] = "SO_ERROR",
    };

    fprintf(to, "  %3u  ", number);
    if (step->thread)
        fprintf(to, "(thread %u) ", step->thread);
    switch ((enum action)step->action) {
    case STEP_MAKE:
        fprintf(to, "%s in slots %u, %u", kinds[step->choice], step->slot, step->other);
        break;
    case STEP_CTL:
        fprintf(to, "loop %u: %s slot %u for ", step->loop, operations[step->choice], step->slot);
        print_events(to, step->size);
        break;
    case STEP_WAIT:
        if (step->meanwhile)
            fprintf(to, "loop %u: wait, and meanwhile:", step->loop);
        else
            fprintf(to, "loop %u: wait %u ms", step->loop, step->size);
        break;
    case STEP_NEST:
        fprintf(to, "loop %u: %s loop %u for ", step->loop, operations[step->choice], step->other);
        print_events(to, step->size);
        break;
    case STEP_POLL_LOOP:
        fprintf(to, "poll loop %u", step->loop);
        break;
    case STEP_FORK:
        fprintf(to, "fork: %s, slot %u, %u bytes, flags %u", forks[step->choice], step->slot, step->size, step->flags);
        break;
    case STEP_READ:
    case STEP_WRITE:
        print_bytes(to, step);
        break;
    case STEP_SHUTDOWN:
        fprintf(to, "shutdown slot %u, %u", step->slot, step->choice);
        break;
    case STEP_TIMER:
        fprintf(to, "timer slot %u: %s", step->slot,
                step->choice == 0   ? "off"
                : step->choice == 1 ? "long"
                                    : "at once");
        break;
    case STEP_POLL:
        fprintf(to, "poll slot %u for %#x", step->slot, step->size);
        break;
    default:
        fprintf(to, "%s slot %u, %u", plain[step->action], step->slot, step->other);
    }
    fputc('\n', to);
}
