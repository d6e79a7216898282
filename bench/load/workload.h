/* workload - what a connection says and the exact answer that it must get.
 *
 * Every answer is known before its request leaves, byte for byte: each connection has keys of its own, and all values
 * are slices of one table of pseudo-random bytes whose place depends on the connection and on how far it has come. So
 * a byte that is lost, doubled, swapped or meant for another connection shows in a plain memcmp, and neither requests
 * nor answers need a buffer of their own.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum workload_kind {
    WORKLOAD_ECHO, /* the answer is the request */
    WORKLOAD_KV    /* memcached's text protocol: every key set once, then one set to nine gets */
};

enum { WORKLOAD_PIECES = 3, WORKLOAD_HEAD_MAX = 96, WORKLOAD_KEYS_MAX = 16, WORKLOAD_SIZE_MAX = 64 * 1024 * 1024 };

struct message {
    struct iovec piece[WORKLOAD_PIECES]; /* may point into head, so a message stays where it was made */
    unsigned pieces;
    size_t bytes;
    char head[WORKLOAD_HEAD_MAX];
};

/* One connection's place in the workload. Zeroed, then index set by the caller. */
struct speaker {
    uint32_t index;
    uint64_t turn;
    uint32_t version[WORKLOAD_KEYS_MAX];
};

struct workload {
    enum workload_kind kind;
    size_t size;
    unsigned keys;  /* of each connection; KV only */
    uint8_t *table; /* owned */
};

/* workload_make - returns 0 or -ENOMEM. The caller frees it with workload_free.
 *   size  bytes of an echo or a value, 1 .. WORKLOAD_SIZE_MAX */
int workload_make(struct workload *workload, enum workload_kind kind, size_t size, unsigned connections);
void workload_free(struct workload *workload);

/* workload_preload_turns - how many requests each connection has to make before the mix begins; 0 for none. */
unsigned workload_preload_turns(const struct workload *workload);

/* workload_next - the speaker's next request and its answer. Both point into the workload's table. */
void workload_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                   struct message *answer);

#endif
