/* stats - the counters, in a page that `ringback stat` maps.
 *
 * A process that made a loop has one sealed memory file named "ringback-stats", open on a descriptor of its own, so
 * that a reader finds it as /proc/PID/fd/N by its name; it is readable by its owner only and gone with the process.
 * The page holds the process's part and one slot a loop. A slot is written by the thread that holds its loop's lock;
 * readers see each counter whole, not all counters of one instant. Behind the page there is a word for each descriptor
 * (fdstate.h), which costs memory only where descriptors in use are.
 */
#ifndef RB_STATS_H
#define RB_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct rb_config;

#define RB_STATS_FILE_NAME "ringback-stats"

/* X(enumerator, name in JSON, meaning). Only ever grows at its end: readers of another version go by the count. */
#define RB_COUNTER_LIST(X)                                                                                             \
    X(ENTERS, "enters", "io_uring_enter calls")                                                                        \
    X(SQES, "sqes", "operations submitted")                                                                            \
    X(CQES, "cqes", "completions taken")                                                                               \
    X(POLLS, "polls", "readiness operations armed")                                                                    \
    X(RECHECKS, "rechecks", "poll calls that re-checked reported readiness")                                           \
    X(RECVS, "recvs", "receive operations armed")                                                                      \
    X(RECV_COMPLETIONS, "recv_completions", "receive completions with data")                                           \
    X(RECV_NOBUFS, "recv_nobufs", "receives that ended because no buffer was free")                                    \
    X(SENDS, "sends", "send operations submitted")                                                                     \
    X(SENDS_ZC, "sends_zc", "zero-copy send operations submitted")                                                     \
    X(ZC_COPIED, "zc_copied", "zero-copy sends that the kernel copied after all")                                      \
    X(ACCEPTS, "accepts", "connections accepted by the ring")                                                          \
    X(BYTES_IN, "bytes_in", "bytes received by the ring")                                                              \
    X(BYTES_OUT, "bytes_out", "bytes sent by the ring")                                                                \
    X(STREAMS_ADOPTED, "streams_adopted", "sockets whose bytes moved to the ring")                                     \
    X(CANCELS, "cancels", "operations taken back")                                                                     \
    X(PASSTHROUGH_FDS, "passthrough_fds", "descriptors left to the kernel's epoll")                                    \
    X(TURNS, "turns", "waits answered")                                                                                \
    X(EVENTS, "events", "events reported")                                                                             \
    X(SPIN_HITS, "spin_hits", "waits that a spin ended")                                                               \
    X(SPIN_NS, "spin_ns", "nanoseconds spent spinning")                                                                \
    X(SPINS, "spins", "waits that began by spinning")                                                                  \
    X(ZC_NOTIFICATIONS, "zc_notifications", "zero-copy sends whose memory the kernel has let go of")                   \
    X(ZC_PINNED_BYTES, "zc_pinned_bytes", "bytes that the kernel still reads from the program's memory")               \
    X(ZC_PINNED_PEAK, "zc_pinned_bytes_peak", "the most that these ever were")

enum rb_counter {
#define RB_COUNTER_ENUM(id, name, meaning) RB_COUNTER_##id,
    RB_COUNTER_LIST(RB_COUNTER_ENUM)
#undef RB_COUNTER_ENUM
        RB_COUNTER_COUNT
};

/* Why something ran on the plain path: X(enumerator, name in JSON, sentence). Only ever grows at its end. */
#define RB_FALLBACK_LIST(X)                                                                                            \
    X(NO_RING, "no_ring", "a loop runs on epoll because no ring could be made")                                        \
    X(RING_FAILED, "ring_failed", "a loop went back to epoll because its ring stopped working")                        \
    X(EMBEDDED, "embedded", "a loop runs on epoll because its descriptor is polled from outside")                      \
    X(UNUSUAL_FLAGS, "unusual_flags", "a descriptor is watched in a way that only epoll knows")                        \
    X(UNUSUAL_FILE, "unusual_file", "a descriptor is of a kind that is left to epoll")                                 \
    X(DUPLICATED, "duplicated", "a descriptor was duplicated or passed on, so its bytes stay in the kernel")           \
    X(FD_TOO_HIGH, "fd_too_high", "a descriptor's number is beyond the table")                                         \
    X(UNPINNED_WRITE, "unpinned_write", "a write was made directly because its buffer does not stay valid")            \
    X(NO_BUFFERS, "no_buffers", "the receive buffers could not be made")                                               \
    X(OTHER_THREAD, "other_thread", "a socket was used by a thread that does not run its loop")                        \
    X(FORKED, "forked", "a loop was made anew after fork")                                                             \
    X(ZC_UNSUPPORTED, "zc_unsupported",                                                                                \
      "a large write was copied because its socket or the kernel knows no other way")                                  \
    X(ZC_COPIES, "zc_copies", "a large write was copied because the kernel copies on its route all the same")          \
    X(ZC_MEMORY, "zc_memory", "a large write was copied because no more memory may be locked")                         \
    X(ZC_PINNED, "zc_pinned", "a large write was copied because as much as may be is pinned already")                  \
    X(READINESS_ONLY, "readiness_only",                                                                                \
      "a loop began on epoll because nothing in it has bytes that the ring would move")

enum rb_fallback {
#define RB_FALLBACK_ENUM(id, name, meaning) RB_FALLBACK_##id,
    RB_FALLBACK_LIST(RB_FALLBACK_ENUM)
#undef RB_FALLBACK_ENUM
        RB_FALLBACK_COUNT
};

enum { RB_STATS_MAGIC = 0x52424b31, RB_STATS_LOOPS = 64, RB_STATS_ROOM = 48, RB_STATS_WHY_MAX = 200 };

/* RESTING: on epoll, which tells of readiness for less, until there are bytes for the ring to move. */
enum rb_slot_state { RB_SLOT_FREE, RB_SLOT_PENDING, RB_SLOT_RING, RB_SLOT_EPOLL, RB_SLOT_GONE, RB_SLOT_RESTING };

struct rb_stats_slot {
    _Atomic uint32_t state; /* enum rb_slot_state; a GONE slot keeps its counts and may be taken again */
    _Atomic int32_t epfd;
    _Atomic int32_t tid;         /* the thread that runs the loop, 0 before its first wait */
    _Atomic uint16_t generation; /* one more for each loop that takes the slot; 0 for that of all further loops */
    _Atomic uint16_t cause;      /* RB_SLOT_EPOLL, RB_SLOT_RESTING: 1 + the enum rb_fallback that says why; else 0 */
    _Atomic uint64_t counter[RB_STATS_ROOM];
};

struct rb_stats_page {
    uint32_t magic;         /* RB_STATS_MAGIC, written last */
    uint32_t size;          /* sizeof(struct rb_stats_page) of the writer */
    uint32_t counter_count; /* RB_COUNTER_COUNT of the writer */
    uint32_t fallback_count;
    int32_t pid;
    uint32_t fd_count; /* words behind the page, from rb_stats_fds_at(size) on; 0: this version or process has none */
    char version[16];
    char adapters[32];                         /* "uv", "event" or "uv event" */
    char settings[512];                        /* "NAME=value ..." as in force */
    char why[RB_STATS_WHY_MAX];                /* why the process is not on the ring, or "" */
    _Atomic uint64_t fallback[RB_STATS_ROOM];  /* by enum rb_fallback */
    struct rb_stats_slot loop[RB_STATS_LOOPS]; /* the last slot is shared by all further loops */
};

struct rb_name_meaning {
    const char *name;
    const char *meaning;
};

/* rb_stats_fds_at - where in the file the words for descriptors begin, behind a page of that size. */
static inline size_t rb_stats_fds_at(uint32_t size) {
    const size_t unit = 4096;

    return (size + unit - 1) / unit * unit;
}

/* rb_stats_counter_info, rb_stats_fallback_info - name and meaning of a counter or a fallback. Static. */
const struct rb_name_meaning *rb_stats_counter_info(enum rb_counter counter);
const struct rb_name_meaning *rb_stats_fallback_info(enum rb_fallback fallback);

/* rb_stats_reserve_fds - pages that are made from now on have words for descriptors 0 .. count - 1. Before the first
 * page; one thread. */
void rb_stats_reserve_fds(unsigned count);

/* rb_stats_show_fd - what stands for a descriptor, packed: 0 for one that no loop watches. Nothing where the page has
 * no room for it. Any thread, no lock; signal handlers too, once there is a page. */
void rb_stats_show_fd(int fd, uint32_t word);

/* rb_stats_fd - what stands there now. */
uint32_t rb_stats_fd(int fd);

/* rb_stats_page - this process's page; made on first use. Never NULL: where no memory file can be made, a page in
 * plain memory serves, and no reader finds it. Any thread. errno is kept. */
struct rb_stats_page *rb_stats_page(void);

/* rb_stats_describe - say in the page what the process was started with.
 *   adapters  "uv", "event" or "uv event"; NULL leaves the text as it is.
 *   config    the settings in force; NULL leaves the text as it is.
 *   why       why the process is not on the ring, "" if it is; NULL leaves the text as it is.
 * Makes the page. One thread at a time; a reader may catch a text half written. A child of a fork says it anew. */
void rb_stats_describe(const char *adapters, const struct rb_config *config, const char *why);

/* rb_stats_slot_take - a slot for a new loop, RB_SLOT_PENDING, all counters 0. Never NULL. Any thread.
 * A slot that is taken again adds what it had counted to the last slot, so that the totals never shrink. */
struct rb_stats_slot *rb_stats_slot_take(int epfd);

/* rb_stats_slot_place - where in the page the slot is. */
unsigned rb_stats_slot_place(const struct rb_stats_slot *slot);

/* rb_stats_slot_leave - the loop is gone; its counts stay until the slot is taken again. */
void rb_stats_slot_leave(struct rb_stats_slot *slot);

/* rb_stats_forked - in the child of a fork, before it has a second thread: the next rb_stats_page() makes a page of the
 * child's own. Slots of before the fork may still be counted in, for nothing: they are memory of the child's own until
 * then, and part of its page afterwards. Not in a vfork child, which shares the parent's memory. */
void rb_stats_forked(void);

/* rb_stats_fallback - count one fallback. Any thread. */
void rb_stats_fallback(enum rb_fallback why);

/* rb_count - add to a counter of a slot. Only under the loop's lock: a plain load and store, no locked instruction. */
static inline void rb_count(struct rb_stats_slot *slot, enum rb_counter counter, uint64_t n) {
    uint64_t now = atomic_load_explicit(&slot->counter[counter], memory_order_relaxed);
    atomic_store_explicit(&slot->counter[counter], now + n, memory_order_relaxed);
}

/* rb_counted - what it has come to. */
static inline uint64_t rb_counted(const struct rb_stats_slot *slot, enum rb_counter counter) {
    return atomic_load_explicit(&slot->counter[counter], memory_order_relaxed);
}

#endif
