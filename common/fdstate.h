/* fdstate - what carries one descriptor, and why: the word that the counters page has for it.
 *
 * Behind the page, in the same memory file, there is one word a descriptor, written when one of these changes and at no
 * other time. `ringback stat` reads it. Words are only made and taken apart by the functions below.
 */
#ifndef RB_FDSTATE_H
#define RB_FDSTATE_H

#include <stdbool.h>
#include <stdint.h>

/* X(enumerator, name in JSON, sentence). Only ever grows at its end: readers of another version go by the number. */
#define RB_WAY_LIST(X)                                                                                                 \
    X(NONE, "none", "no loop of Ringback's watches it")                                                                \
    X(RECEIVE, "receive", "the ring receives its bytes, and the program reads them without a call")                    \
    X(ACCEPT, "accept", "the ring accepts its connections")                                                            \
    X(DIRECT, "direct", "the ring tells readiness, large reads go straight into the program's memory")                 \
    X(READINESS, "readiness", "the ring tells readiness, the program reads by itself")                                 \
    X(EPOLL, "epoll", "left to the kernel's epoll")

enum rb_way {
#define RB_WAY_ENUM(id, name, meaning) RB_WAY_##id,
    RB_WAY_LIST(RB_WAY_ENUM)
#undef RB_WAY_ENUM
        RB_WAY_COUNT
};

/* Why it is not carried further than that. X(enumerator, name in JSON, sentence). Only ever grows at its end. */
#define RB_WHY_LIST(X)                                                                                                 \
    X(NONE, "", "")                                                                                                    \
    X(NEXT_USE, "next_use", "the ring takes over with the program's next read or accept")                              \
    X(ENDED, "ended", "its end was received")                                                                          \
    X(LARGE_READS, "large_reads", "it is read in large pieces, which costs less straight from the kernel")             \
    X(ONLY_OUTPUT, "only_output", "it is not watched for reading at present")                                          \
    X(STREAMS_OFF, "streams_off", "RINGBACK_STREAMS=off, which the profile safe sets, too")                            \
    X(UNHINTED, "unhinted", "neither library calls it its own; RINGBACK_STREAMS=auto goes by the socket")              \
    X(NO_STREAM, "no_stream", "it is no non-blocking stream socket or listener")                                       \
    X(INTEREST, "interest", "it is watched for edges, once, or for RDHUP: only readiness tells that")                  \
    X(NO_CAPABILITY, "no_capability", "the kernel lacks what it takes; ringback doctor says what")                     \
    X(NO_BUFFERS, "no_buffers", "the receive buffers could not be made; raise ulimit -l")                              \
    X(DUPLICATED, "duplicated", "it was duplicated or passed on, so its bytes stay in the kernel")                     \
    X(CONTROL, "control", "control messages are received with its bytes")                                              \
    X(SPLICED, "spliced", "it is read by splice")                                                                      \
    X(BLOCKING, "blocking", "it was made blocking")                                                                    \
    X(SHUT_DOWN, "shut_down", "it was shut down for reading")                                                          \
    X(TRANSFORMED, "transformed", "the kernel transforms its bytes (TLS)")                                             \
    X(REFUSED, "refused", "the kernel refused the operation on it")                                                    \
    X(TWO_LOOPS, "two_loops", "two loops watch it")                                                                    \
    X(UNUSUAL_FLAGS, "unusual_flags", "it is watched in a way that only epoll knows (EXCLUSIVE, PRI)")                 \
    X(UNUSUAL_FILE, "unusual_file", "files of this kind are left to epoll")                                            \
    X(LOOP_ON_EPOLL, "loop_on_epoll", "its loop runs on epoll")                                                        \
    X(READINESS_ONLY, "readiness_only", "readiness is all that it needs, and epoll tells that for less")               \
    X(COMPANY, "company", "others may wait for its connections, too, and each of them has to hear of one")

enum rb_why {
#define RB_WHY_ENUM(id, name, meaning) RB_WHY_##id,
    RB_WHY_LIST(RB_WHY_ENUM)
#undef RB_WHY_ENUM
        RB_WHY_COUNT
};

/* One word, taken apart. */
struct rb_fdstate {
    unsigned way;              /* enum rb_way; a later version's writer may have others */
    unsigned why;              /* enum rb_why; likewise */
    bool sends;                /* what its library writes may leave by the ring */
    unsigned slot, generation; /* of the loop: its place in the page, and which of those that had it */
};

struct rb_name_meaning;

/* rb_fdstate_way_info, rb_fdstate_why_info - name and meaning. Static; for a number of a later version "unknown". */
const struct rb_name_meaning *rb_fdstate_way_info(unsigned way);
const struct rb_name_meaning *rb_fdstate_why_info(unsigned why);

/* rb_fdstate_pack, rb_fdstate_unpack - 0 is a descriptor that is watched by no loop. generation  its lowest 8 bits
 * count
 */
uint32_t rb_fdstate_pack(const struct rb_fdstate *state);
struct rb_fdstate rb_fdstate_unpack(uint32_t word);

#endif
