/* point - where a fault can be put, and what the injector tells the driver; the only page that both include. */
#ifndef FAULTS_POINT_H
#define FAULTS_POINT_H

#include <stdatomic.h>
#include <stdint.h>

/* X(enumerator, name in RB_FAULT, what is counted) */
#define POINT_LIST(X)                                                                                                  \
    X(ALLOC, "alloc", "malloc, calloc, realloc and mmap by the core")                                                  \
    X(CALL, "call", "descriptors that the core opens for itself, its poll(2) and epoll_wait(2)")                       \
    X(SETUP, "setup", "io_uring_setup")                                                                                \
    X(REGISTER, "register", "io_uring_register")                                                                       \
    X(TRIAL, "trial", "operations that the probe tries")                                                               \
    X(ENTER, "enter", "io_uring_enter")                                                                                \
    X(POLL, "poll", "POLL operations that the kernel is given")                                                        \
    X(RECV, "recv", "RECV operations")                                                                                 \
    X(SEND, "send", "SEND and SENDMSG operations, zero-copy or not")                                                   \
    X(ZEROCOPY, "zerocopy", "of these, the zero-copy ones")                                                            \
    X(ACCEPT, "accept", "ACCEPT operations")                                                                           \
    X(CANCEL, "cancel", "ASYNC_CANCEL operations")                                                                     \
    X(NOTIFY, "notify", "notifications of zero-copy sends")

enum point {
#define POINT_ENUM(id, name, meaning) POINT_##id,
    POINT_LIST(POINT_ENUM)
#undef POINT_ENUM
        POINT_COUNT
};

/* A file, mapped by both sides (RB_FAULT_REPORT is its path), so that the driver can look at a server that hangs. */
struct fault_report {
    _Atomic uint32_t count[POINT_COUNT]; /* points passed so far */
    _Atomic uint32_t fired;              /* faults that were injected */
    _Atomic int32_t blocks, maps;        /* the core's memory at present, records of descriptors not counted */
};

#endif
