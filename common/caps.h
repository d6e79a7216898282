/* caps - what this kernel and these limits allow, and why not.
 *
 * Every capability is found by asking the kernel (feature bits, REGISTER_PROBE, a trial set-up or submission), never by
 * comparing version numbers. RINGBACK_DISABLE masks any of them, so that the tests can stand on an older kernel.
 */
#ifndef RB_CAPS_H
#define RB_CAPS_H

#include <stdbool.h>
#include <stdint.h>

/* X(enumerator, name as in RINGBACK_DISABLE, needed for any ring at all, kernel that brought it, what it is for) */
#define RB_CAP_LIST(X)                                                                                                 \
    X(IO_URING, "io_uring", 1, "5.1", "io_uring itself")                                                               \
    X(EXT_ARG, "ext_arg", 1, "5.11", "waiting with a timeout and a signal mask in one call")                           \
    X(NODROP, "nodrop", 1, "5.5", "no completion is lost when the completion queue is full")                           \
    X(POLL_ADD, "poll_add", 1, "5.1", "readiness of any descriptor")                                                   \
    X(ASYNC_CANCEL, "async_cancel", 1, "5.5", "taking an operation back before its descriptor is closed")              \
    X(CANCEL_ANY, "cancel_any", 0, "5.19", "a loop ends with one operation that takes back all others")                \
    X(POLL_MULTISHOT, "poll_multishot", 0, "5.13", "readiness without re-arming after each event")                     \
    X(SEND, "send", 0, "5.6", "writes that leave with the turn's one system call")                                     \
    X(BUFFER_RING, "buffer_ring", 0, "5.19", "received bytes land in buffers that the ring picks")                     \
    X(RECV_MULTISHOT, "recv_multishot", 0, "6.0", "receiving without a read call")                                     \
    X(ACCEPT_MULTISHOT, "accept_multishot", 0, "5.19", "accepting without an accept call")                             \
    X(SINGLE_ISSUER, "single_issuer", 0, "6.0", "a ring that one thread owns, without locks")                          \
    X(DEFER_TASKRUN, "defer_taskrun", 0, "6.1", "completions run only when the loop asks for them")                    \
    X(COOP_TASKRUN, "coop_taskrun", 0, "5.19", "no interrupt of the program for completions")                          \
    X(TASKRUN_FLAG, "taskrun_flag", 0, "5.19", "seeing without a call whether completions are waiting")                \
    X(SEND_ZC, "send_zc", 0, "6.0", "large sends without a copy")                                                      \
    X(SENDMSG_ZC, "sendmsg_zc", 0, "6.1", "large sends of several buffers without a copy")                             \
    X(ZC_REPORT_USAGE, "zc_report_usage", 0, "6.2", "the kernel says whether it copied after all")                     \
    X(FUTEX_WAIT, "futex_wait", 0, "6.7", "a process that is killed frees its ports at once")                          \
    X(NO_IOWAIT, "no_iowait", 0, "6.15", "waiting does not show as I/O wait in the load figures")

enum rb_cap {
#define RB_CAP_ENUM(id, name, needed, since, purpose) RB_CAP_##id,
    RB_CAP_LIST(RB_CAP_ENUM)
#undef RB_CAP_ENUM
        RB_CAP_COUNT
};

struct rb_cap_info {
    const char *name;    /* as in RINGBACK_DISABLE */
    bool needed;         /* without it there is no ring */
    const char *since;   /* the kernel release that brought it, for the reader; never compared */
    const char *purpose; /* what it is for, a phrase */
};

enum { RB_CAP_WHY_MAX = 160 };

struct rb_caps {
    bool have[RB_CAP_COUNT];
    char why[RB_CAP_COUNT][RB_CAP_WHY_MAX]; /* the reason when !have: cause and remedy, a phrase; else "" */
};

/* rb_caps_info - name and purpose of one capability. Static. */
const struct rb_cap_info *rb_caps_info(enum rb_cap cap);

/* rb_caps_named - the capability of that name (length bytes), or RB_CAP_COUNT. */
enum rb_cap rb_caps_named(const char *name, unsigned length);

/* rb_caps_probe - ask the kernel for everything in the list.
 *   disabled  bits 1 << enum rb_cap that are treated as missing (RINGBACK_DISABLE).
 * Opens and closes a small ring or two; costs well under a millisecond. Any thread; no locks. errno is not kept. */
void rb_caps_probe(struct rb_caps *caps, uint64_t disabled);

/* rb_caps_missing - the first missing capability that every ring needs, or RB_CAP_COUNT if a ring can be made. */
enum rb_cap rb_caps_missing(const struct rb_caps *caps);

#endif
