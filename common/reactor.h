/* reactor - one event loop: what it is interested in, and its turn.
 *
 * A turn: reconcile (what changed since the last turn becomes submission entries) -> enter once -> drain (completions
 * are copied out, operations advance) -> report (events for the program). The program's callbacks run only after that,
 * from its own library. Read reactor.c from rb_reactor_wait() down.
 */
#ifndef RB_REACTOR_H
#define RB_REACTOR_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <time.h>

#include "buffers.h"
#include "fdtable.h"
#include "op.h"
#include "ring.h"
#include "self.h"
#include "spin.h"
#include "stats.h"

enum rb_reactor_state {
    RB_REACTOR_FREE,    /* the record waits for another epoll descriptor */
    RB_REACTOR_PENDING, /* interest is recorded; the first wait decides what carries it */
    RB_REACTOR_RESTING, /* carried by the kernel's epoll until it has a stream or a listener; why says so */
    RB_REACTOR_RING,    /* carried by io_uring */
    RB_REACTOR_EPOLL    /* carried by the kernel's epoll; why says why */
};

/* Where in the turn completions are taken; it decides how far a wake key can be trusted. */
enum rb_phase { RB_PHASE_CALLBACKS, RB_PHASE_BEFORE_WAIT, RB_PHASE_AFTER_WAIT };

struct rb_recheck {
    struct rb_file *file;
    uint32_t generation;
};

enum { RB_SQ_ENTRIES = 256, RB_ROUTES = 16 };

/* One way out of this host, and whether a zero-copy send leaves by it without a copy: see route.c. */
struct rb_route {
    uint64_t key;           /* 0: a free place */
    bool pays;              /* one did, and not too many since did not */
    unsigned copies;        /* answers in a row that say "copied" */
    unsigned asking;        /* sends that are to find out */
    uint64_t rest_ms;       /* how long to leave it alone after a copy */
    uint64_t look_again_ms; /* when that is over */
};

/* Whether writes are gathered until the turn ends, or made at once; judged by the turns so far. See write.c. */
struct rb_outflow {
    unsigned writes;   /* by the library since the last turn */
    unsigned waiting;  /* of these, for the turn to end */
    uint64_t told_ns;  /* when the program was last told of events; 0: it did more since than handle them */
    uint64_t each_ns;  /* running mean of what it does for one write */
    unsigned batch_16; /* running mean of the writes of a turn, in sixteenths */
    uint32_t sends;    /* submitted so far */
    bool at_once;
};

/* Like files, reactors are never freed: whoever found one may lock it and look again. */
struct rb_reactor {
    pthread_mutex_t lock; /* guards the reactor and the files it carries; not held while waiting */
    enum rb_reactor_state state;
    int epfd;
    const char *why; /* RB_REACTOR_EPOLL, RB_REACTOR_RESTING */
    struct rb_stats_slot *stats;

    _Atomic(const void *) rester; /* RB_REACTOR_RESTING: rb_self() of the thread that waits in epoll; else NULL */
    bool begun;                   /* it has had a ring */
    bool called;                  /* RB_REACTOR_RESTING: another thread has added what the ring should have */

    _Atomic(const void *) owner; /* rb_self() of the thread that waits; owns the ring */
    _Atomic uint32_t turn;       /* written by the owner alone */
    enum rb_phase phase;
    struct rb_spin spin;
    struct rb_ring ring;
    struct rb_ops ops;
    struct rb_pool *pool; /* NULL: receiving stays with the program */
    bool pool_failed;

    struct rb_file *claimed;                  /* every file it carries */
    struct rb_file *dirty;                    /* changed since the last turn */
    struct rb_file *ready_first, *ready_last; /* may have something to report */
    struct rb_recheck *recheck;               /* reported by POLL last time: level-triggered, or doubtful */
    unsigned rechecks, recheck_room;
    struct rb_recheck *aside; /* reported, and probably exhausted by now: asked again when ask_ms comes */
    unsigned asides, aside_room;
    uint64_t ask_ms;
    unsigned put_off;           /* turns in a row that left completions for later */
    struct pollfd *pollset;     /* as large as recheck */
    struct rb_op *orphans;      /* wait for their cancel */
    struct rb_send *sends_free; /* send records to use again */
    struct rb_send *released;   /* pins to let go of when no lock is held */
    struct rb_outflow outflow;
    unsigned sending;  /* files in RB_SEND_IN_FLIGHT */
    unsigned draining; /* RB_REACTOR_EPOLL: files whose inbox is not empty yet */
    unsigned left_out; /* RB_REACTOR_EPOLL: files that are in no epoll until their interest is changed */

    unsigned pinned;                          /* zero-copy sends without a notification */
    uint64_t pinned_bytes, pinned_bytes_peak; /* their memory */
    unsigned unheard;                         /* those whose notification went with an earlier ring */
    uint64_t memory_rest_ms;                  /* none before this time: the kernel would not lock more memory */
    struct rb_route route[RB_ROUTES];

    int wake_fd; /* eventfd: another thread changed something; -1 until needed */
    struct rb_op *wake_op;
    bool waiting;          /* the owner is in the kernel */
    bool contended;        /* another thread is in need of it: the owner shall leave the ring */
    pid_t tid;             /* the owner's */
    unsigned moves;        /* from thread to thread */
    _Atomic bool embedded; /* RB_REACTOR_EPOLL, and its descriptor is watched from outside */
    int beacon_fd;         /* see beacon.h; -1 until needed */
    bool beacon_lit;
    struct rb_op *epfd_op; /* poll of the kernel's epoll, which has the descriptors passed through */
    unsigned passthrough;  /* how many it has */
    bool epfd_ready;
    bool forked;             /* inherited from the parent of a fork */
    const char *failed_call; /* the ring cannot serve the loop for want of this: epoll shall, from the next wait on */
    int failed_error;
    struct rb_reactor *next; /* list of all */
};

/* rb_reactor_new - Ringback's side of a new epoll descriptor; NULL without memory (then epoll serves). Any thread. */
struct rb_reactor *rb_reactor_new(int epfd);

/* rb_reactor_close - the epoll descriptor is being closed. */
void rb_reactor_close(struct rb_reactor *r);

/* rb_reactor_wait - epoll_pwait2's contract: up to max events, a relative timeout (NULL: none), a signal mask or NULL.
 * Returns their number, or -errno; -EXDEV means: the kernel's epoll carries this loop, wait there. */
int rb_reactor_wait(struct rb_reactor *r, struct epoll_event *events, int max, const struct timespec *timeout,
                    const sigset_t *mask);

/* rb_reactor_rests - epoll carries it at present, and this thread was the last to wait there: nothing is to be done
 * before it does again. No lock. */
static inline bool rb_reactor_rests(const struct rb_reactor *r) {
    return atomic_load_explicit(&r->rester, memory_order_relaxed) == rb_self();
}

/* rb_reactor_rest - a loop in which nothing has bytes that the ring would move is left to the kernel's epoll, which
 * tells of readiness for less. Returns whether it is: then it has to wait there. Before its first turn; lock held. */
bool rb_reactor_rest(struct rb_reactor *r);

/* rb_reactor_start - the first wait decides what carries the loop, in the thread that waits. Lock held. */
void rb_reactor_start(struct rb_reactor *r);

/* rb_reactor_give_up - end the ring, if there is one, with what can be learnt of its operations: all in the owner
 * thread or when that has ended. The loop is PENDING then, and can begin anew. Lock held, nobody waiting. */
void rb_reactor_give_up(struct rb_reactor *r);

/* rb_reactor_call_back - no thread waits in the ring when this returns; one that did hands the loop to the kernel's
 * epoll, where any number may wait. Lock held, let go of meanwhile. */
void rb_reactor_call_back(struct rb_reactor *r);

/* rb_reactor_demote - hand the loop to the kernel's epoll for good. Lock held; owner thread, or no ring yet. */
void rb_reactor_demote(struct rb_reactor *r, enum rb_fallback cause, const char *why);

/* rb_reactor_embed - somebody watches the loop's own descriptor: then the kernel's epoll has to be told everything, so
 * it carries the loop from now on. No lock held, any thread. */
void rb_reactor_embed(struct rb_reactor *r, const char *why);

/* rb_reactor_fail - something the ring needs cannot be had: the loop goes to the kernel's epoll with the next wait, or
 * with this one before it sleeps. The first reason counts. Lock held. */
void rb_reactor_fail(struct rb_reactor *r, const char *call, int error);

/* rb_reactor_quiesce - take back every operation in flight and learn how it ended; the loop can go on afterwards.
 * Before fork, exec and exit. Lock held, owner thread. */
void rb_reactor_quiesce(struct rb_reactor *r);

/* rb_reactor_forked - in the child: the ring is the parent's; forget it and begin anew at the next wait. Lock held. */
void rb_reactor_forked(struct rb_reactor *r);

/* rb_reactor_all - the first of all reactors, linked by next; the list only grows. */
struct rb_reactor *rb_reactor_all(void);

/* rb_reactors_hold, rb_reactors_release - around a fork, before the locks of all loops: no loop is added meanwhile,
 * whose lock nobody would have taken. */
void rb_reactors_hold(void);
void rb_reactors_release(void);

/* rb_limbo_lock, rb_limbo_unlock - around a fork, after the locks of all loops: where sockets wait whose loop is gone.
 */
void rb_limbo_lock(void);
void rb_limbo_unlock(void);

/* rb_reactor_release_pins - let go of buffers whose sends are over. No lock held: owners may run code of their own. */
void rb_reactor_release_pins(struct rb_reactor *r);

/* ---- for the operations and the seam; lock held ---- */

/* rb_file_lock - lock the loop that carries the file. NULL: none does. */
struct rb_reactor *rb_file_lock(struct rb_file *file);

bool rb_reactor_owned(const struct rb_reactor *r); /* by the calling thread */

/* rb_reactor_dirty - look at this file in the next turn; wakes the owner when another thread says so. */
void rb_reactor_dirty(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_ready - the file may have something to report. */
void rb_reactor_ready(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_unready - it has not. */
void rb_reactor_unready(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_recheck - ask the kernel with the turn's one poll(2) whether this is so before it is reported. */
void rb_reactor_recheck(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_forget - the file leaves the loop: interest, lists and operations. Its inbox and backlog stay or go by
 * what the caller does next. Operations in flight become orphans. */
void rb_reactor_forget(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_take_over - carry a file that another loop no longer watches, with the bytes that wait for it. Both are
 * at rest or owned by the calling thread. Returns whether it is ours now; r's lock held. */
bool rb_reactor_take_over(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_claim - the file is carried by this loop from now on. */
void rb_reactor_claim(struct rb_reactor *r, struct rb_file *file);

/* rb_reactor_flush - submit what is queued and take completions, without waiting. Owner thread. */
void rb_reactor_flush(struct rb_reactor *r);

/* rb_reactor_take_news - take what has completed, if there is anything: a look without a system call, when this thread
 * owns the ring. Lock held, any thread. */
void rb_reactor_take_news(struct rb_reactor *r);

/* rb_reactor_send_now - submit the writes that wait for the next turn. Owner thread. */
void rb_reactor_send_now(struct rb_reactor *r);

/* rb_reactor_settle_sends - no write is left in flight: what the kernel has not taken is taken back. Owner thread. */
void rb_reactor_settle_sends(struct rb_reactor *r);

/* rb_reactor_drain - take the completions that are there. Returns how many. Owner thread. */
unsigned rb_reactor_drain(struct rb_reactor *r);

/* rb_reactor_undo - the operation was queued but never reached the kernel: as if it had been cancelled. */
void rb_reactor_undo(struct rb_reactor *r, uint64_t user_data);

/* rb_reactor_settle - submit and take completions until the operation has ended (it was cancelled before, or is
 * about to end). Owner thread. */
void rb_reactor_settle(struct rb_reactor *r, struct rb_op *op);

/* rb_reactor_cancel - ask the kernel to end an operation; the last completion still comes. Owner thread; from another
 * thread it is handed to the owner. */
void rb_reactor_cancel(struct rb_reactor *r, struct rb_op *op);

/* rb_reactor_orphan - cut an operation off its file and end it; *op is NULL afterwards. Nothing to do for NULL. */
void rb_reactor_orphan(struct rb_reactor *r, struct rb_op **op);

/* rb_reactor_submit - an entry for a new operation of that kind; counts it. NULL when the ring is broken or without
 * memory. Owner thread. */
struct io_uring_sqe *rb_reactor_submit(struct rb_reactor *r, enum rb_op_kind kind, struct rb_file *file,
                                       struct rb_op **op);

#endif
