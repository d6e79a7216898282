/* round - one connection over which 4 MiB are written from memory that is written over or given back as soon as the
 * library says that it may be; the reader compares every byte. What happens follows from the seed, when it does not.
 */
#ifndef ZEROCOPY_ROUND_H
#define ZEROCOPY_ROUND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROUND_BYTES = 4 << 20, ROUND_WRITES = 6, ROUND_SLOTS = 8 };

/* How the connection ends. */
enum ending {
    ENDING_WHOLE,         /* everything is read, then the end */
    ENDING_CLOSE_AT_ONCE, /* the writer closes in the turn in which it wrote */
    ENDING_CLOSE_LATER,   /* when the reader has some */
    ENDING_CLOSE_UNREAD,  /* and nothing is read before that */
    ENDING_PEER_RESETS,   /* when it has some */
    ENDING_PEER_CLOSES,
    ENDINGS
};

/* What becomes of the memory of a write when it is over. */
enum giving_back { GIVE_REUSE, GIVE_UNMAP, GIVE_FREE, GIVINGS };

struct round {
    unsigned number;
    enum ending ending;
    enum giving_back giving;
    bool slow;                   /* its reader, for some time */
    size_t shift;                /* its bytes are those of the reference from here on */
    size_t stop_at;              /* bytes read when something happens */
    size_t length[ROUND_WRITES]; /* of the writes */
    unsigned writes;
    int fd; /* the reader's */
    pthread_t thread;
    atomic_size_t got;
    atomic_bool closed; /* by the writer */
    atomic_bool over;   /* the reader has ended */
    size_t promised;    /* bytes that the writer was told are written */
};

struct round_options {
    unsigned rounds;
    uint64_t seed;
};

/* round_options - from the command line: --rounds N, --seed N, --memlock BYTES (as an ordinary user with this
 * limit). Starts the checks. */
struct round_options round_options(int argc, char **argv);

/* round_begin - connect, and start the reader, which sends a byte first: a stream that was read from is the ring's.
 * Returns the writer's end, non-blocking. */
int round_begin(struct round *round, unsigned number, uint64_t seed);

/* round_closes_now - it is time for the writer to close. */
bool round_closes_now(const struct round *round);

/* round_end - the writer has closed and was told how all writes ended: wait for the reader, check what it got. */
void round_end(struct round *round);

/* round_memory - the bytes from `offset`; give them back by round_give_back. */
char *round_memory(const struct round *round, size_t offset, size_t size);
void round_give_back(enum giving_back giving, char *memory, size_t size);

/* round_proof - the last checks: every byte is unpinned, no loop had more than it may, and with RINGBACK_ZEROCOPY=force
 * they left without a copy, or it is counted why not.
 *   loops  so many came and went
 * Returns main's result. */
int round_proof(unsigned loops);

#endif
