#include "retired.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "self.h"
#include "zerocopy.h"

struct retired {
    struct rb_ring ring;
    struct rb_ops ops;
    const void *owner;
    bool hurry;
    unsigned left; /* notifications */
    struct retired *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct retired *all;
static atomic_uint rings, hurried;

bool rb_retired_keep(struct rb_ring *ring, struct rb_ops *ops, bool hurry) {
    struct retired *retired = calloc(1, sizeof *retired);
    uint32_t place = 0;

    if (!retired)
        return false;
    retired->ring = *ring;
    retired->ops = *ops;
    retired->owner = rb_self();
    retired->hurry = hurry;
    while (rb_op_next_with_send(ops, &place))
        retired->left++;
    memset(ops, 0, sizeof *ops);
    ring->open = false;
    atomic_fetch_add(&rings, 1);
    atomic_fetch_add(&hurried, hurry);
    pthread_mutex_lock(&lock);
    retired->next = all;
    all = retired;
    pthread_mutex_unlock(&lock);
    return true;
}

bool rb_retired_hurry(void) {
    return atomic_load_explicit(&hurried, memory_order_relaxed) > 0;
}

static void take(struct retired *retired) {
    struct io_uring_cqe cqe;

    rb_ring_enter(&retired->ring, 0, NULL, NULL); /* what it says shows in the queue, or never */
    while (rb_ring_peek(&retired->ring, &cqe, 1) > 0) {
        struct rb_op *op = rb_op_find(&retired->ops, cqe.user_data);
        struct rb_send *send = op ? op->send : NULL;

        if (!send)
            continue;
        rb_op_free(&retired->ops, op);
        retired->left--;
        rb_zerocopy_finish(send);
    }
}

static void end(struct retired *retired) {
    atomic_fetch_sub(&rings, 1);
    atomic_fetch_sub(&hurried, retired->hurry);
    rb_ring_close(&retired->ring);
    rb_ops_dispose(&retired->ops);
    free(retired);
}

/* Out of the list: the calling thread's, or everybody's. */
static struct retired *take_out(bool everybodys) {
    struct retired **link = &all, *mine = NULL, *one;

    pthread_mutex_lock(&lock);
    while ((one = *link)) {
        if (!everybodys && one->owner != rb_self()) {
            link = &one->next;
            continue;
        }
        *link = one->next;
        one->next = mine;
        mine = one;
    }
    pthread_mutex_unlock(&lock);
    return mine;
}

void rb_retired_ask(void) {
    struct retired *mine, *next;

    if (atomic_load_explicit(&rings, memory_order_relaxed) == 0)
        return;
    for (mine = take_out(false); mine; mine = next) {
        next = mine->next;
        take(mine);
        if (mine->left == 0) {
            end(mine);
            continue;
        }
        pthread_mutex_lock(&lock);
        mine->next = all;
        all = mine;
        pthread_mutex_unlock(&lock);
    }
}

void rb_retired_forked(void) {
    struct retired *list, *next;

    pthread_mutex_init(&lock, NULL); /* of a thread that is not here */
    for (list = take_out(true); list; list = next) {
        uint32_t place = 0;
        struct rb_op *op;

        next = list->next;
        while ((op = rb_op_next_with_send(&list->ops, &place))) {
            rb_zerocopy_finish(op->send);
            op->send = NULL;
        }
        end(list);
    }
}
