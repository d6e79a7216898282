#include "twin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Beyond libc's side: a number for each of its numbers, and then some to build things in. */
enum { KERNEL_FDS_FROM = 500, WORKSHOP_FROM = 850, EXIT_CANNOT = 3, RING_PATIENCE = 10 };

double patience_ms = PATIENCE_MS;

double now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void nap(void) {
    struct timespec little = {0, 100000};

    kernel_call(SYS_nanosleep, (long)&little, 0, 0, 0, 0);
}

long twin_must(long result, const char *what) {
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", what, strerror((int)-result));
    _Exit(EXIT_CANNOT);
}

/* Libc's side gets the lowest free number each time, as it would alone. */
static int out_of_the_way(enum side side, long fd) {
    long high;

    if (side == LIBC || fd < 0 || fd >= WORKSHOP_FROM)
        return (int)fd;
    high = twin_must(kernel_call(SYS_fcntl, fd, F_DUPFD, WORKSHOP_FROM, 0, 0), "fcntl");
    kernel_call(SYS_close, fd, 0, 0, 0, 0);
    return (int)high;
}

void twin_open(struct twin *twin) {
    memset(twin, 0, sizeof *twin);
    for (int i = 0; i < SLOTS; i++)
        twin->slots[i].object = -1;
    for (int i = 0; i < LOOPS; i++)
        for (enum side side = KERNEL; side < SIDES; side++)
            twin->loops[i][side] = out_of_the_way(
                side, twin_must(side_call(side, SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0), "epoll_create1"));
}

static void close_loops(struct twin *twin) {
    for (int i = 0; i < LOOPS; i++)
        for (enum side side = KERNEL; side < SIDES; side++)
            side_call(side, SYS_close, twin->loops[i][side], 0, 0, 0);
}

void twin_close(struct twin *twin, bool loops_first) {
    struct linger reset = {1, 0};

    if (loops_first)
        close_loops(twin);
    for (unsigned i = 0; i < SLOTS; i++) {
        if (twin_is_free(twin, i))
            continue;
        for (enum side side = KERNEL; side < SIDES; side++) {
            /* No port shall wait for the segments of a case that is over. */
            kernel_call(SYS_setsockopt, twin->slots[i].fd[side], SOL_SOCKET, SO_LINGER, (long)&reset, sizeof reset);
            side_call(side, SYS_close, twin->slots[i].fd[side], 0, 0, 0);
        }
        twin_unname(twin, i);
    }
    if (!loops_first)
        close_loops(twin);
}

bool twin_is_free(const struct twin *twin, unsigned slot) {
    return slot >= SLOTS || twin->slots[slot].object < 0; /* SLOTS: a step that is about no descriptor */
}

struct object *twin_object(struct twin *twin, unsigned slot) {
    return twin_is_free(twin, slot) ? NULL : &twin->objects[twin->slots[slot].object];
}

int twin_new_object(struct twin *twin, enum kind kind) {
    int i = 0;

    while (twin->objects[i].kind != KIND_NONE)
        i++; /* there are as many as slots */
    memset(&twin->objects[i], 0, sizeof twin->objects[i]);
    twin->objects[i].kind = kind;
    twin->objects[i].peer = -1;
    return i;
}

void twin_name(struct twin *twin, unsigned slot, int object, const long fds[SIDES]) {
    twin->slots[slot].object = object;
    twin->objects[object].slots++;
    twin->slots[slot].fd[LIBC] = (int)fds[LIBC];
    twin->slots[slot].fd[KERNEL] = (int)fds[LIBC] + KERNEL_FDS_FROM;
    /* Epoll knows a registration by its number too, so the two sides' numbers are used again in the same way. */
    if (fds[KERNEL] == twin->slots[slot].fd[KERNEL])
        return;
    twin_must(kernel_call(SYS_dup3, fds[KERNEL], twin->slots[slot].fd[KERNEL], 0, 0, 0), "dup3");
    kernel_call(SYS_close, fds[KERNEL], 0, 0, 0, 0);
}

void twin_unname(struct twin *twin, unsigned slot) {
    int gone = twin->slots[slot].object;
    struct object *object = &twin->objects[gone];

    twin->slots[slot].object = -1;
    if (--object->slots > 0)
        return;
    object->kind = KIND_NONE;
    if (object->peer >= 0)
        twin->objects[object->peer].peer = -1;
    for (int i = 0; i < OBJECTS; i++)
        for (int j = 0; j < twin->objects[i].queued; j++)
            if (twin->objects[i].queue[j] == gone)
                twin->objects[i].queue[j] = -1;
}

/* ---- making ---- */

static long tcp_socket(enum side side) {
    long fd = twin_must(side_call(side, SYS_socket, AF_INET, SOCK_STREAM, 0, 0), "socket");
    int yes = 1;

    /* A small segment must not wait for the acknowledgement of the one before. */
    kernel_call(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, (long)&yes, sizeof yes);
    return fd;
}

static void nonblocking(long fd) {
    twin_must(kernel_call(SYS_fcntl, fd, F_SETFL, O_RDWR | O_NONBLOCK, 0, 0), "fcntl");
}

/* An address of this process's own, and its children's: a port where nobody listens must not be another fuzzer's
 * listener. */
static in_addr_t host_address(void) {
    static in_addr_t address;

    if (address == 0)
        address = htonl(0x7f000002u + (uint32_t)getpid() % 0xfff0u);
    return address;
}

/* A port that no listener of this process has had: one that is shut down lets go of its port, and who connects there
 * later must not find another. Below those that the kernel gives away by itself. */
static long bind_anew(long fd, struct sockaddr_in *address) {
    enum { PORT_FIRST = 10000, PORTS = 20000, TRIES = 1000 };
    static unsigned turn;
    long result = -EADDRINUSE;

    for (int i = 0; i < TRIES && result == -EADDRINUSE; i++) {
        address->sin_port = htons((uint16_t)(PORT_FIRST + turn++ % PORTS));
        result = kernel_call(SYS_bind, fd, (long)address, sizeof *address, 0, 0);
    }
    return result;
}

static long listener(enum side side, uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = host_address()};
    long fd = tcp_socket(side);

    twin_must(bind_anew(fd, &address), "bind");
    twin_must(kernel_call(SYS_listen, fd, BACKLOG, 0, 0, 0), "listen");
    *port = ntohs(address.sin_port);
    return fd;
}

/* From another address each time, so that ports in TIME_WAIT never run out. */
static long connect_from_anywhere(long fd, uint16_t port) {
    static uint32_t turn;
    struct sockaddr_in address = {.sin_family = AF_INET};
    int yes = 1;

    address.sin_addr.s_addr = htonl(0x7f010001u + turn++ % 0xfefff0u);
    kernel_call(SYS_setsockopt, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, (long)&yes, sizeof yes);
    twin_must(kernel_call(SYS_bind, fd, (long)&address, sizeof address, 0, 0), "bind");
    address.sin_addr.s_addr = host_address();
    address.sin_port = htons(port);
    return kernel_call(SYS_connect, fd, (long)&address, sizeof address, 0, 0);
}

static void tcp_pair(long ends[2]) {
    static int host = -1;
    static uint16_t port;
    int yes = 1;

    if (host < 0)
        host = out_of_the_way(KERNEL, listener(KERNEL, &port));
    ends[0] = tcp_socket(KERNEL);
    twin_must(connect_from_anywhere(ends[0], port), "connect");
    ends[1] = twin_must(kernel_call(SYS_accept4, host, 0, 0, 0, 0), "accept4");
    kernel_call(SYS_setsockopt, ends[1], IPPROTO_TCP, TCP_NODELAY, (long)&yes, sizeof yes);
    nonblocking(ends[0]);
    nonblocking(ends[1]);
}

static void make_pair(struct twin *twin, enum kind kind, unsigned slot, unsigned other) {
    long first[SIDES], second[SIDES];
    int near = twin_new_object(twin, kind), far = twin_new_object(twin, kind == KIND_PIPE_IN ? KIND_PIPE_OUT : kind);

    for (enum side side = KERNEL; side < SIDES; side++) {
        int ends[2];
        long tcp[2];

        if (kind == KIND_TCP) {
            tcp_pair(tcp);
            ends[0] = (int)tcp[0];
            ends[1] = (int)tcp[1];
        } else if (kind == KIND_UNIX) {
            twin_must(kernel_call(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (long)ends, 0),
                      "socketpair");
        } else {
            twin_must(kernel_call(SYS_pipe2, (long)ends, O_NONBLOCK, 0, 0, 0), "pipe2");
        }
        first[side] = out_of_the_way(side, ends[0]);
        second[side] = out_of_the_way(side, ends[1]);
    }
    twin_name(twin, slot, near, first);
    twin_name(twin, other, far, second);
    twin->objects[near].peer = far;
    twin->objects[far].peer = near;
}

void twin_make(struct twin *twin, enum kind kind, unsigned slot, unsigned other) {
    long fds[SIDES];
    int object;

    if (kind == KIND_TCP || kind == KIND_UNIX || kind == KIND_PIPE_IN) {
        make_pair(twin, kind, slot, other);
        return;
    }
    object = twin_new_object(twin, kind);
    for (enum side side = KERNEL; side < SIDES; side++) {
        if (kind == KIND_EVENTFD) {
            fds[side] = kernel_call(SYS_eventfd2, 0, EFD_NONBLOCK, 0, 0, 0);
        } else if (kind == KIND_TIMERFD) {
            fds[side] = kernel_call(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK, 0, 0, 0);
        } else {
            fds[side] = listener(side, &twin->objects[object].port[side]);
            nonblocking(fds[side]);
        }
        twin_must(fds[side], "a new descriptor");
        fds[side] = out_of_the_way(side, fds[side]);
    }
    twin_name(twin, slot, object, fds);
}

int twin_bell(enum side side) {
    return out_of_the_way(side, twin_must(kernel_call(SYS_eventfd2, 0, EFD_NONBLOCK, 0, 0, 0), "eventfd"));
}

void twin_connect(struct twin *twin, unsigned slot, int to, long results[SIDES]) {
    struct object *host = to < 0 ? NULL : twin_object(twin, (unsigned)to);
    int object = twin_new_object(twin, KIND_TCP);
    long fds[SIDES];

    for (enum side side = KERNEL; side < SIDES; side++) {
        fds[side] = tcp_socket(side);
        nonblocking(fds[side]);
        fds[side] = out_of_the_way(side, fds[side]);
        results[side] = connect_from_anywhere(fds[side], host ? host->port[side] : 1);
    }
    twin_name(twin, slot, object, fds);
    if (host)
        host->queue[host->queued++] = object;
    twin_settle(twin);
}

/* ---- settling ---- */

/* How far a socket's connection has come, as the kernel sees it: its state, and what has not left yet.
 * (Acknowledgements may take their time.) */
static uint64_t progress(int fd) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info.tcpi_state;
    int unsent = 0;

    kernel_call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, (long)&info, (long)&length);
    kernel_call(SYS_ioctl, fd, SIOCOUTQNSD, (long)&unsent, 0, 0);
    return (uint64_t)info.tcpi_state << 32 | (uint32_t)unsent;
}

static bool has_settled(const struct twin *twin) {
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct slot *slot = &twin->slots[i];
        uint64_t reached;

        if (slot->object < 0 || twin->objects[slot->object].kind != KIND_TCP)
            continue;
        reached = progress(slot->fd[KERNEL]);
        if (reached != progress(slot->fd[LIBC]) || (uint32_t)reached != 0)
            return false;
    }
    return true;
}

void twin_touch(struct twin *twin, int object) {
    int peer = object < 0 ? -1 : twin->objects[object].peer;

    for (unsigned i = 0; i < STEPS_MOST; i++) {
        struct registration *registration = &twin->registered[i];
        int concerned = registration->slot < SLOTS ? twin->slots[registration->slot].object : -1;

        if (concerned >= 0 && (concerned == object || concerned == peer))
            memset(registration->told, 0, sizeof registration->told);
    }
}

double twin_patience_ends(const struct twin *twin) {
    return now_ms() + (twin->left_ms > 0 ? RING_PATIENCE * patience_ms : patience_ms);
}

void twin_settle(const struct twin *twin) {
    double end = twin_patience_ends(twin);

    while (!twin->later && !has_settled(twin) && now_ms() < end)
        nap();
}
