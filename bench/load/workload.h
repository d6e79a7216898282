/* workload - what a connection says and the exact answer that it must get.
 *
 * Every answer is known before its request leaves, byte for byte: each connection has keys of its own, and all values
 * are slices of one table of pseudo-random bytes whose place depends on the connection and on how far it has come. So
 * a byte that is lost, doubled, swapped or meant for another connection shows in a plain memcmp, and neither requests
 * nor answers need a buffer of their own.
 *
 * One file a workload, workload_NAME.c, which defines its struct workload_kind.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

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

/* How long a connection lasts. */
enum workload_life {
    WORKLOAD_LASTS,
    WORKLOAD_CLIENT_CLOSES, /* after each answer; the next request takes a new connection */
    WORKLOAD_SERVER_CLOSES
};

struct workload;

struct workload_kind {
    const char *name;
    const char *meaning;
    enum workload_life life;
    size_t size_max;
    /* How many requests each connection has to make before the mix begins; NULL: none. */
    unsigned (*preload_turns)(const struct workload *workload);
    /* The speaker's next request and its answer, for speaker->turn. */
    void (*next)(const struct workload *workload, struct speaker *speaker, struct message *request,
                 struct message *answer);
};

struct workload {
    const struct workload_kind *kind;
    enum workload_life life; /* the kind's, but for the client's closing, which the user may ask for */
    size_t size;
    unsigned keys;  /* of each connection; KV only */
    uint8_t *table; /* owned; see pattern.h */
};

extern const struct workload_kind workload_echo;
extern const struct workload_kind workload_kv;
extern const struct workload_kind workload_get;
extern const struct workload_kind workload_last;
extern const struct workload_kind workload_work;
extern const struct workload_kind workload_put;

/* workload_find - by name, NULL if there is none. workload_at - by number from 0 on, NULL after the last. Static. */
const struct workload_kind *workload_find(const char *name);
const struct workload_kind *workload_at(unsigned number);

/* workload_make - returns 0 or -ENOMEM. The caller frees it with workload_free.
 *   size  bytes of an echo or a value, 1 .. kind->size_max */
int workload_make(struct workload *workload, const struct workload_kind *kind, size_t size, unsigned connections);
void workload_free(struct workload *workload);

unsigned workload_preload_turns(const struct workload *workload);

/* workload_next - the speaker's next request and its answer. Both point into the workload's table. */
void workload_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                   struct message *answer);

/* For the workloads: build a message up. */
void message_begin(struct message *message);
void message_add(struct message *message, const void *bytes, size_t count);

#endif
