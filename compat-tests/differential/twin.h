/* twin - the objects under test, each of them twice: one descriptor that only the kernel's side uses, one that only
 * libc's side uses. Slots are what steps name. */
#ifndef TWIN_H
#define TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "sides.h"

enum {
    SLOTS = 12,
    OBJECTS = SLOTS,
    LOOPS = 2,
    BACKLOG = 8,
    STEPS_MOST = 400,
    PATIENCE_MS = 1000,
};

enum kind { KIND_NONE, KIND_TCP, KIND_UNIX, KIND_PIPE_IN, KIND_PIPE_OUT, KIND_EVENTFD, KIND_TIMERFD, KIND_LISTENER };

struct object {
    enum kind kind;
    int slots;            /* names that stand for it */
    int peer;             /* object at the other end, or -1 */
    unsigned unread;      /* bytes sent to it at most, so that a TCP writer never has to wait */
    uint16_t port[SIDES]; /* KIND_LISTENER */
    int queue[BACKLOG];   /* KIND_LISTENER: objects that connected; -1 has gone since */
    int queued;
};

struct slot {
    int object; /* -1: free */
    int fd[SIDES];
};

struct registration {
    uint32_t events;
    int slot;
    int object;           /* what the slot stood for; another slot may stand for it on */
    uint32_t told[SIDES]; /* edges, since a step last changed either end */
};

struct twin {
    struct object objects[OBJECTS];
    struct slot slots[SLOTS];
    int loops[LOOPS][SIDES];
    struct registration registered[STEPS_MOST]; /* by the token in epoll_event.data */
    uint32_t written;                           /* the position in the pattern that is written */
    bool waited[LOOPS];
    unsigned waiter[LOOPS]; /* the thread that waited last */
    unsigned moves[LOOPS];
    double left_ms; /* when a ring was left behind last, by a loop or a process that went on without it; 0: never */
    bool forked;
    bool later;          /* what is closed now, the kernel lets go of later: nothing settles before */
    bool watched[LOOPS]; /* from outside: the ring cannot carry it */
    bool ahead;          /* libc's side may have received what the program has not read */
    bool planted;        /* one edge is to be swallowed */
};

void twin_open(struct twin *twin);
void twin_close(struct twin *twin, bool loops_first);

bool twin_is_free(const struct twin *twin, unsigned slot);
struct object *twin_object(struct twin *twin, unsigned slot); /* NULL: the slot is free */

/* twin_make - new objects in free slots: connected pairs take both, everything else the first. */
void twin_make(struct twin *twin, enum kind kind, unsigned slot, unsigned other);

/* twin_connect - a TCP socket begins to connect to a listener's slot, or (-1) to a port where nobody listens.
 * Results by side. */
void twin_connect(struct twin *twin, unsigned slot, int listener, long results[SIDES]);

/* twin_name - the descriptors stand for this object from now on; KERNEL's moves to a number beside libc's. */
void twin_name(struct twin *twin, unsigned slot, int object, const long fds[SIDES]);
int twin_new_object(struct twin *twin, enum kind kind);

/* twin_unname - the slot is free again; its descriptors have been closed. */
void twin_unname(struct twin *twin, unsigned slot);

/* twin_touch - a step changed this object, and with it what both ends have to tell. */
void twin_touch(struct twin *twin, int object);

/* twin_bell - an eventfd for one side, which is in no slot. */
int twin_bell(enum side side);

/* twin_settle - wait until both sides' TCP sockets have come equally far, until patience ends at most. */
void twin_settle(const struct twin *twin);

/* twin_patience_ends - when a difference that shows now has lasted long enough, in now_ms() time. A ring that was left
 * behind holds its files until the kernel has ended it: one worker ends those of the whole machine, and where other
 * tests leave thousands behind, that takes seconds. */
double twin_patience_ends(const struct twin *twin);

/* twin_must - a result that only a machine out of resources can spoil. */
long twin_must(long result, const char *what);

/* So long a difference has to last: delivery over loopback is not atomic, and a busy machine is late. */
extern double patience_ms;

double now_ms(void);
void nap(void);

#endif
