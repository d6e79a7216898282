/* fdtable - fd number -> what Ringback knows about it.
 *
 * A record, once made for a number, stays for the life of the process and serves every descriptor that gets the number
 * later; so a look-up needs no lock and no record is ever touched after it was freed. A generation tells one
 * descriptor of a number from the next.
 *
 * At most one loop carries a descriptor on its ring: the first that asks. Its lock guards the record. A further loop
 * that watches the same descriptor is served by the kernel's own epoll.
 */
#ifndef RB_FDTABLE_H
#define RB_FDTABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "fdstate.h"
#include "hint.h"
#include "op.h"

struct rb_chunk;
struct rb_pins;
struct rb_reactor;

/* What lies behind the number, as far as known. */
enum rb_kind { RB_KIND_UNKNOWN, RB_KIND_STREAM, RB_KIND_LISTENER, RB_KIND_OTHER };

/* Asked for when it begins to matter. */
enum rb_tcp { RB_TCP_UNKNOWN, RB_TCP_ASK, RB_TCP_YES, RB_TCP_NO };

/* Who takes the received bytes out of the socket. */
enum rb_recv_state {
    RB_RECV_READINESS, /* the program, by reading; readiness comes from POLL */
    RB_RECV_WANTED,    /* the ring, from the next turn on */
    RB_RECV_ARMED,     /* the ring */
    RB_RECV_STOPPING,  /* the ring, until the cancel is through */
    RB_RECV_ENDED,     /* EOF or an error waits to be told behind the inbox */
    RB_RECV_OVER       /* it was told; back to readiness for good */
};

/* One write at a time, and never reported before its completion. */
enum rb_send_state {
    RB_SEND_IDLE,      /* nothing on its way */
    RB_SEND_WANTED,    /* a write was answered EAGAIN; its buffers are gathered in the next turn */
    RB_SEND_IN_FLIGHT, /* with the kernel */
    RB_SEND_FAILED     /* told to the library by its next write call: stream.send_error */
};

struct rb_stream {
    enum rb_recv_state recv;
    enum rb_send_state send;
    bool bulk;      /* large reads: readiness and a read straight into the program's buffer cost less than a copy */
    uint8_t streak; /* reads in a row that speak for the other way */
    int recv_error; /* RB_RECV_ENDED: 0 is EOF */
    int send_error;
    bool blocked;                  /* a direct write met a full socket: wait for POLLOUT before asking for more */
    struct rb_chunk *first, *last; /* the inbox */
    size_t waiting;                /* bytes in it */
    uint32_t sends_then;           /* struct rb_outflow's sends as of its last */
    size_t sent;                   /* by sends that are over: told to the library by its next write calls */
    struct rb_op *recv_op, *send_op;
    struct rb_send *outgoing; /* RB_SEND_WANTED of a backend that captured its buffers */
    struct rb_pins *pins;     /* its sends without a copy; NULL until there is one */
    uint8_t route;            /* where they go, as far as known: see route.h    */
};

/* Connections that the ring accepted and nobody has asked for yet. */
struct rb_backlog {
    bool wanted; /* arm in the next turn */
    struct rb_op *op;
    int flags; /* SOCK_NONBLOCK | SOCK_CLOEXEC of the connections in it */
    int error; /* ended with this errno; told once, behind the connections */
    int *fd;
    unsigned count, first, room;
};

/* How a descriptor that was reported is looked at again (level.h). */
enum rb_level_way {
    RB_LEVEL_MULTISHOT, /* a multishot POLL tells of changes, poll(2) of what stays true */
    RB_LEVEL_ARM,       /* by a one-shot POLL, armed for each wait */
    RB_LEVEL_ASK        /* by poll(2), with none armed, for it was true the last time; else ARM */
};

struct rb_file {
    int fd;
    struct rb_file *next_record; /* all there are, for leak checkers and debuggers: the table is no place they look */
    _Atomic uint32_t generation; /* of the number: one more after each close */
    _Atomic(struct rb_reactor *) reactor; /* the loop that carries it, or NULL; guards everything below */
    _Atomic(struct rb_reactor *) epoll;   /* set when the descriptor is itself an epoll instance that Ringback knows */
    struct rb_reactor *_Atomic last;      /* the loop that has its orphans */
    _Atomic uint32_t orphans;             /* operations that the kernel has not let go of since it left that loop */
    _Atomic bool carried;                 /* a stream or a backlog that read and write calls must ask */

    /* Written under the loop's lock or by whoever makes or closes the descriptor; looked at before any lock is taken.
     */
    _Atomic(enum rb_kind) kind;
    _Atomic bool shared;     /* it has, or had, a second name: its registrations may outlive the number */
    _Atomic bool passed;     /* an epoll instance of a loop may have it */
    _Atomic bool after_fork; /* its loop's epoll descriptor was closed in a forked child: libuv may repeat a MOD */
    _Atomic uint8_t why;     /* RB_KIND_OTHER: enum rb_why, for the reader of the page */
    bool socket;             /* as it was claimed */
    bool local;              /* RB_KIND_LISTENER: of AF_UNIX, whose connections may carry descriptors */
    dev_t device;            /* identity when it was claimed, to notice a number that changed hands unseen */
    ino_t inode;
    const struct rb_hint *_Atomic hint;
    void *_Atomic hint_owner;

    /* Interest, as epoll_ctl left it. */
    uint32_t want;      /* EPOLL* */
    uint32_t left_turn; /* the turn after which it was taken out of the loop */
    bool watched;       /* false: taken out of the loop while the ring still carries it */
    bool disarmed;      /* EPOLLONESHOT has fired */
    bool left_out;      /* likewise, and the loop's epoll, which carries it by now, has it from the next change on */
    epoll_data_t data;

    /* Readiness. */
    struct rb_op *poll_op;
    uint32_t poll_needed; /* what POLL has to tell of, at present */
    uint32_t poll_mask;   /* what poll_op asks for */
    bool poll_multishot;
    enum rb_level_way level_way;
    uint8_t level_armed;        /* RB_LEVEL_ARM: so many times since poll(2) was tried */
    uint32_t fired;             /* completed and not yet reported */
    _Atomic uint32_t level;     /* reported last time and perhaps still true */
    _Atomic uint32_t used_turn; /* the turn after which the program last read or wrote it */

    bool ending;            /* POLL told of its end, or of an error */
    _Atomic bool drained;   /* the program's last read got less than it had room for: no more is there, it seems */
    _Atomic bool exhausted; /* that, or EAGAIN, and no wake-up was under way then: the next one is news */
    _Atomic(enum rb_tcp) tcp;

    bool in_ready, in_dirty, in_recheck, in_aside;
    struct rb_file *ready_next, *ready_prev, *dirty_next, *claimed_next, *claimed_prev;

    struct rb_stream stream;
    struct rb_backlog *backlog;
};

/* The table. Exported to the hooks, which look before every call: one load. */
extern _Atomic(struct rb_file *) *rb_fdtable;
extern unsigned rb_fdtable_size; /* 0 until Ringback is initialised, and when it is off */

/* Beside it, so that socket() makes no record, which takes memory: 1 + rb_process.generation when this process made the
 * socket of that number, for itself alone; or 0. */
extern _Atomic uint32_t *rb_fdtable_sole;

/* rb_file_set_sole - note that, or with 0 that it is no longer so. Any context. */
static inline void rb_file_set_sole(int fd, uint32_t stamp) {
    if ((unsigned)fd < rb_fdtable_size && atomic_load_explicit(&rb_fdtable_sole[fd], memory_order_relaxed) != stamp)
        atomic_store_explicit(&rb_fdtable_sole[fd], stamp, memory_order_relaxed);
}

/* rb_file_find - the record of a number, or NULL. Any context, signal handlers included. */
static inline struct rb_file *rb_file_find(int fd) {
    if ((unsigned)fd >= rb_fdtable_size)
        return NULL;
    return atomic_load_explicit(&rb_fdtable[fd], memory_order_acquire);
}

/* rb_file_in_loop - likewise, or NULL if no loop of ours carries it: then calls that move bytes are libc's alone. */
static inline struct rb_file *rb_file_in_loop(int fd) {
    struct rb_file *file = rb_file_find(fd);

    return file && atomic_load_explicit(&file->reactor, memory_order_acquire) ? file : NULL;
}

/* rb_file_get - the record, made if there is none; NULL without memory or beyond the table. Any thread. */
struct rb_file *rb_file_get(int fd);

/* rb_file_set_aside - its bytes stay in the kernel for as long as it is open, and why. Under its loop's lock or by
 * whoever makes it. */
static inline void rb_file_set_aside(struct rb_file *file, enum rb_why why) {
    file->kind = RB_KIND_OTHER;
    atomic_store_explicit(&file->why, (uint8_t)why, memory_order_relaxed);
}

/* rb_fdtable_open - make room for every number that RLIMIT_NOFILE can allow. Returns 0 or -errno. */
int rb_fdtable_open(void);

#endif
