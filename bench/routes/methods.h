/* methods - the ways to send one message that bench/zerocopy compares. */
#ifndef BENCH_METHODS_H
#define BENCH_METHODS_H

#include "wire.h"

#include <liburing.h>

enum { METHOD_PIECES = 4 };

enum method {
    METHOD_WRITE,      /* the system call */
    METHOD_SEND,       /* IORING_OP_SEND */
    METHOD_SEND_ZC,    /* IORING_OP_SEND_ZC, pages pinned by each send */
    METHOD_SENDMSG_ZC, /* IORING_OP_SENDMSG_ZC, the message in METHOD_PIECES buffers */
    METHOD_ZC_FIXED,   /* IORING_OP_SEND_ZC from registered buffers */
    METHODS
};

/* method_name - "write", "send", ... Static. */
const char *method_name(enum method method);

/* method_find - by name; METHODS if there is none. */
enum method method_find(const char *name);

/* A sender: slots of content that take turns, and with a ring the notifications that are still to come.
 *
 * A zero-copy send has two completions. With the first the message counts as sent, and the next one may be; with the
 * second its slot may be written again. Nothing waits for a notification until all slots wait for theirs. */
struct sender {
    enum method method;
    int fd;
    size_t size;
    unsigned slots;
    unsigned char *content;        /* slots * size, page-aligned; owned */
    unsigned held[WIRE_SLOTS_MAX]; /* notifications that are to come, by slot */
    struct io_uring ring;
    struct msghdr message;
    struct iovec piece[METHOD_PIECES];
    bool result_is_in;
    int result;
    unsigned outstanding; /* the sum of held */
    unsigned outstanding_max;
    uint64_t notified;
    uint64_t copied; /* of them, those where the kernel says that it copied after all */
    bool kernel_tells;
};

/* sender_open - make the contents and, for a method that needs one, the ring. The descriptor stays the caller's.
 * Returns 0 or -errno; -EOPNOTSUPP where the kernel lacks the method. Closed with sender_close in any case. */
int sender_open(struct sender *sender, enum method method, int fd, size_t size, unsigned slots);

/* sender_send - send message `number`, all of it. Returns 0 or -errno. */
int sender_send(struct sender *sender, uint64_t number);

/* sender_finish - wait for every notification. Returns 0 or -errno. */
int sender_finish(struct sender *sender);

void sender_close(struct sender *sender);

#endif
