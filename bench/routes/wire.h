/* wire - what the sender and the drain of bench/zerocopy say to each other, and the bytes that go between them.
 *
 * The sender opens a TCP connection, sends an order, then its messages one after the other, and shuts its side down.
 * The drain checks what comes and answers. Both are lines of text padded with spaces, so that any two hosts understand
 * each other. Each message is the content of a slot, the slots taking turns, and begins with its own number.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_LINE = 96, WIRE_STAMP = 8, WIRE_SIZE_MAX = 16 * 1024 * 1024, WIRE_SLOTS_MAX = 64 };

struct wire_order {
    uint64_t size; /* of a message, at least WIRE_STAMP */
    uint64_t slots;
    uint64_t messages;
    bool check_all; /* compare every byte; else each message's number only */
};

struct wire_answer {
    uint64_t messages; /* that came whole */
    uint64_t wrong;    /* pieces that were not what was sent */
    uint64_t cpu_ns;   /* of the drain, for all of them */
};

/* wire_fill - the content of a slot, `size` bytes. */
void wire_fill(unsigned char *content, size_t size, unsigned slot);

/* wire_stamp - write a message's number to its beginning. */
void wire_stamp(unsigned char *content, uint64_t number);

/* wire_write_order, wire_read_order - to and from a blocking socket. Return 0 or -errno; -EPROTO for something else
 * than an order. */
int wire_write_order(int fd, const struct wire_order *order);
int wire_read_order(int fd, struct wire_order *order);

/* wire_write_answer, wire_read_answer - likewise. */
int wire_write_answer(int fd, const struct wire_answer *answer);
int wire_read_answer(int fd, struct wire_answer *answer);

/* wire_write - all of it, to a blocking descriptor. Returns 0 or -errno. */
int wire_write(int fd, const void *data, size_t length);

/* wire_connect, wire_listen - a blocking socket (SOCK_STREAM or SOCK_DGRAM for connect), TCP_NODELAY where there is
 * such. host  a name or an address Return a descriptor, the caller's to close, or -errno; a name that nobody knows is
 * -ENOENT. */
int wire_connect(const char *host, const char *port);
int wire_listen(const char *host, const char *port);

/* wire_cpu_ns - CPU time of this process, io_uring's workers included. */
uint64_t wire_cpu_ns(void);

#endif
