/* Steps with threads, forks and loops in loops: how they are chosen and done. */
#include <sys/epoll.h>

#include "compare.h"
#include "forks.h"
#include "steps.h"

enum {
    TCP_TALK_MOST = 2000,
    TRIES = 20,
    RING_ENDS_MS = 60,
};

static unsigned below(struct taste *taste, unsigned limit) {
    return (unsigned)(step_random(&taste->random) % limit);
}

static bool percent(struct taste *taste, unsigned share) {
    return below(taste, 100) < share;
}

/* ---- choosing ---- */

void more_taste(struct taste *taste, uint64_t seed, bool ahead) {
    static const uint8_t shares[] = {0, 0, 5, 20};

    step_taste(taste, seed, ahead);
    taste->ahead = ahead;
    taste->elsewhere = (uint8_t)(shares[below(taste, 4)] * 2);
    taste->meanwhile = shares[below(taste, 4)];
    taste->forks = percent(taste, 40) ? 2 : 0;
    taste->nests = !ahead && percent(taste, 15) ? 4 : 0;
    if (taste->nests > 0)
        taste->loops = LOOPS;
    for (unsigned i = 0; i < LOOPS; i++)
        taste->home[i] = (uint8_t)below(taste, THREADS_FOR_STEPS + 1);
    if (percent(taste, 40))
        taste->home[0] = taste->home[1] = THREAD_SELF;
    /* Such a loop goes to the kernel's epoll, where its edges begin anew. */
    if (taste->nests > 0 || taste->home[0] == THREADS_FOR_STEPS || taste->home[1] == THREADS_FOR_STEPS)
        taste->events &= ~(uint32_t)EPOLLET;
    /* And of two threads' loops one may tell of what the other's ring has not let go of yet. */
    if (taste->loops > 1 && (taste->home[0] != taste->home[1] || taste->home[0] == THREADS_FOR_STEPS))
        taste->events &= ~((uint32_t)EPOLLET | (uint32_t)EPOLLONESHOT);
}

/* Which loops and edges a child shares with its parent is the kernel's secret: it looks on where looking changes
 * nothing, and takes bytes only where the parent has not received them ahead. */
static void choose_fork(struct taste *taste, struct step *step) {
    bool looks = (taste->events & ((uint32_t)EPOLLET | (uint32_t)EPOLLONESHOT | (uint32_t)EPOLLEXCLUSIVE)) == 0;

    step->action = STEP_FORK;
    step->choice = below(taste, FORK_KINDS);
    step->size = 1 + below(taste, 200);
    step->slot = (uint8_t)below(taste, SLOTS);
    step->flags = step->choice == FORK_WORLD ? looks : step->choice == FORK_TALK ? !taste->ahead && below(taste, 2) : 0;
}

static void choose_nest(struct taste *taste, struct step *step) {
    static const uint32_t interests[] = {EPOLLIN, EPOLLIN, EPOLLIN | (uint32_t)EPOLLET, EPOLLIN | EPOLLOUT,
                                         EPOLLIN | (uint32_t)EPOLLONESHOT};

    if (percent(taste, 30)) {
        step->action = STEP_POLL_LOOP;
        step->loop = (uint8_t)below(taste, LOOPS);
        return;
    }
    step->action = STEP_NEST;
    step->choice = 1 + below(taste, 3);
    step->size = interests[below(taste, sizeof interests / sizeof interests[0])];
    step->loop = (uint8_t)below(taste, LOOPS);
    step->other = percent(taste, 90) ? (uint8_t)(1 - step->loop) : step->loop;
}

static struct step choose_one(struct taste *taste, struct twin *twin) {
    struct step step = {.slot = SLOTS, .other = SLOTS};

    if (percent(taste, taste->forks)) {
        choose_fork(taste, &step);
    } else if (percent(taste, taste->nests)) {
        choose_nest(taste, &step);
    } else {
        step = step_choose(taste, twin);
    }
    if (step.action == STEP_WAIT) {
        unsigned home = taste->home[step.loop];

        step.thread = (uint8_t)(home < THREADS_FOR_STEPS ? home : below(taste, THREADS_FOR_STEPS));
        step.meanwhile = percent(taste, taste->meanwhile);
    } else if (percent(taste, taste->elsewhere)) {
        step.thread = (uint8_t)below(taste, THREADS_FOR_STEPS);
    }
    return step;
}

bool step_fits_meanwhile(const struct step *waiting, const struct step *step) {
    if (step->action == STEP_WAIT)
        return step->loop != waiting->loop && !step->meanwhile;
    return step->action != STEP_FORK;
}

struct step more_choose(struct taste *taste, struct twin *twin, const struct step *after) {
    struct step step = choose_one(taste, twin);

    for (int i = 0; after && i < TRIES && (step.action == STEP_WAIT || !step_fits_meanwhile(after, &step)); i++)
        step = choose_one(taste, twin);
    return step;
}

/* ---- doing ---- */

/* A loop that goes to another thread gets another ring, and the kernel ends the one before in its own time: until then
 * that holds the loop's files. */
static void note_waiter(struct twin *twin, unsigned loop, unsigned thread) {
    if (twin->waited[loop] && twin->waiter[loop] != thread) {
        twin->moves[loop]++;
        twin->left_ms = now_ms();
    }
    twin->waiter[loop] = thread;
}

static void outlast_old_rings(const struct twin *twin) {
    while (twin->left_ms > 0 && now_ms() < twin->left_ms + RING_ENDS_MS)
        nap();
}

struct task {
    struct twin *twin;
    const struct step *step;
    unsigned token;
    void (*leaving)(void);
};

static bool somebody_waits_at_a_listener(const struct twin *twin) {
    for (int i = 0; i < OBJECTS; i++)
        if (twin->objects[i].kind == KIND_LISTENER && twin->objects[i].queued > 0)
            return true;
    return false;
}

/* What a child reads or writes, its parent has to know of. */
static bool fork_off(const struct task *task) {
    struct twin *twin = task->twin;
    const struct object *object = twin_object(twin, task->step->slot);
    struct object *peer = object && object->peer >= 0 ? &twin->objects[object->peer] : NULL;
    bool talks = task->step->choice == FORK_TALK && object && object->kind == KIND_TCP && peer;

    if (talks && peer->unread + task->step->size > TCP_TALK_MOST)
        return true;
    if (talks)
        peer->unread += task->step->size;
    /* Connections that were accepted ahead are the parent's alone, and end with it. */
    if (twin->ahead && somebody_waits_at_a_listener(twin) &&
        (task->step->choice == FORK_GO_ON || task->step->choice == FORK_WORLD))
        return true;
    twin->forked = true;
    if (task->step->choice == FORK_GO_ON)
        twin->left_ms = now_ms(); /* the parent's, of its other threads */
    return fork_apply(twin, task->step, task->leaving);
}

static bool closes(const struct step *step) {
    return step->action == STEP_CLOSE || step->action == STEP_RESET || step->action == STEP_DUP_ONTO;
}

static bool is_elsewhere(const struct twin *twin, unsigned thread) {
    bool elsewhere = false;

    for (unsigned i = 0; i < LOOPS; i++)
        elsewhere = elsewhere || (twin->waited[i] && twin->waiter[i] != thread);
    return elsewhere;
}

/* The ring of a loop belongs to its thread: what another closes, the kernel lets go of in that thread's next turn. In a
 * program this comes by itself. */
static bool give_turns(struct twin *twin) {
    bool good = !twin->later || compare_turns(twin);

    twin->later = false;
    twin_settle(twin);
    return good;
}

/* An edge or a single shot that is told before the file is let go of cannot be taken back: then the owner closes. */
static unsigned who_closes(const struct twin *twin, unsigned thread) {
    for (unsigned i = 0; i < STEPS_MOST; i++)
        if (twin->registered[i].events & ((uint32_t)EPOLLET | (uint32_t)EPOLLONESHOT))
            return twin->waiter[twin->waited[0] ? 0 : 1];
    return thread;
}

/* Likewise, what the ring has received since its thread's last turn, no other thread sees. */
static bool catch_up_before(struct twin *twin, const struct step *step, unsigned thread) {
    bool looks = step->action == STEP_READ || step->action == STEP_POLL || step->action == STEP_FIONREAD ||
                 step->action == STEP_SO_ERROR || step->action == STEP_ACCEPT || step->action == STEP_FORK ||
                 closes(step);

    return !twin->ahead || !looks || !is_elsewhere(twin, thread) || compare_turns(twin);
}

static bool uses_up(const struct step *step) {
    return step->action == STEP_READ || step->action == STEP_WRITE || step->action == STEP_SO_ERROR ||
           step->action == STEP_ACCEPT || closes(step);
}

/* Likewise while one loop waits: what the other's ring has, is let go of later. And after a fork edges may be told once
 * more, which can be checked only while what they tell of is there. */
static bool can_be_meanwhile(const struct twin *twin, const struct step *steps, unsigned count) {
    return steps[0].meanwhile && count > 1 && step_fits_meanwhile(&steps[0], &steps[1]) &&
           !(twin->forked && uses_up(&steps[1])) && !(closes(&steps[1]) && twin->waited[1 - steps[0].loop]);
}

static bool do_task(void *argument) {
    const struct task *task = argument;

    if (task->step->action == STEP_FORK)
        return fork_off(task);
    return step_apply(task->twin, task->step, task->token);
}

bool steps_apply(struct twin *twin, const struct step *steps, unsigned count, unsigned token, void (*leaving)(void),
                 unsigned *used) {
    struct task task = {twin, &steps[0], token, leaving};
    unsigned other;

    *used = 1;
    if (!can_be_meanwhile(twin, steps, count)) {
        /* Only the first thread can go on in a child, for the case is on its stack. */
        bool stays = steps[0].action == STEP_FORK && steps[0].choice == FORK_GO_ON;
        unsigned thread = stays ? THREAD_SELF : closes(&steps[0]) ? who_closes(twin, steps[0].thread) : steps[0].thread;
        bool good = catch_up_before(twin, &steps[0], thread);

        twin->later = closes(&steps[0]) && is_elsewhere(twin, thread);
        if (closes(&steps[0]))
            outlast_old_rings(twin);
        good = good && thread_run(thread, do_task, &task);

        if (steps[0].action == STEP_WAIT)
            note_waiter(twin, steps[0].loop, thread);
        return good && give_turns(twin);
    }
    *used = 2;
    note_waiter(twin, steps[0].loop, steps[0].thread);
    task = (struct task){twin, &steps[1], token + 1, leaving};
    other = steps[1].thread != steps[0].thread ? steps[1].thread : (steps[0].thread + 1u) % THREADS_FOR_STEPS;
    twin->later = closes(&steps[1]);
    if (twin->later)
        outlast_old_rings(twin);
    return compare_wait_meanwhile(twin, steps[0].loop, steps[0].thread, other, do_task, &task) && give_turns(twin);
}
