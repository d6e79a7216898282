#include "op.h"

#include "fdtable.h"

#include <stdlib.h>
#include <string.h>

/* Chunks never move: the reactor and the files hold pointers into them. */
enum { CHUNK_OPS = 128 };

static bool grow(struct rb_ops *ops) {
    struct rb_op **list = realloc(ops->chunk, (ops->chunks + 1) * sizeof *list);
    struct rb_op *chunk;

    if (!list)
        return false;
    ops->chunk = list;
    chunk = calloc(CHUNK_OPS, sizeof *chunk);
    if (!chunk)
        return false;
    for (uint32_t i = CHUNK_OPS; i-- > 0;) {
        chunk[i].index = ops->chunks * CHUNK_OPS + i;
        chunk[i].next = ops->free;
        ops->free = &chunk[i];
    }
    ops->chunk[ops->chunks++] = chunk;
    return true;
}

struct rb_op *rb_op_new(struct rb_ops *ops, enum rb_op_kind kind, struct rb_file *file) {
    struct rb_op *op;

    if (!ops->free && !grow(ops))
        return NULL;
    op = ops->free;
    ops->free = op->next;
    op->next = NULL;
    op->kind = kind;
    op->state = RB_OP_ARMED;
    op->file = file;
    op->origin = NULL;
    op->send = NULL;
    ops->in_flight++;
    return op;
}

uint64_t rb_op_user_data(const struct rb_op *op) {
    return (uint64_t)op->generation << 32 | (op->index + 1);
}

struct rb_op *rb_op_find(const struct rb_ops *ops, uint64_t user_data) {
    uint32_t place = (uint32_t)user_data;
    struct rb_op *op;

    if (place == 0 || place > ops->chunks * CHUNK_OPS)
        return NULL;
    op = &ops->chunk[(place - 1) / CHUNK_OPS][(place - 1) % CHUNK_OPS];
    if (op->state == RB_OP_FREE || op->generation != (uint32_t)(user_data >> 32))
        return NULL;
    return op;
}

bool rb_op_awaited(const struct rb_ops *ops, uint64_t user_data) {
    const struct rb_op *op = rb_op_find(ops, user_data);

    return op && op->state != RB_OP_NOTIFYING;
}

static void let_go_of_file(struct rb_op *op) {
    if (op->origin)
        atomic_fetch_sub_explicit(&op->origin->orphans, 1, memory_order_release);
    op->origin = NULL;
    op->file = NULL;
}

void rb_op_result_came(struct rb_ops *ops, struct rb_op *op) {
    let_go_of_file(op);
    op->state = RB_OP_NOTIFYING;
    ops->in_flight--;
}

struct rb_op *rb_op_next(const struct rb_ops *ops, uint32_t *place) {
    while (*place < ops->chunks * CHUNK_OPS) {
        struct rb_op *op = &ops->chunk[*place / CHUNK_OPS][*place % CHUNK_OPS];

        (*place)++;
        if (op->state != RB_OP_FREE)
            return op;
    }
    return NULL;
}

struct rb_op *rb_op_next_with_send(const struct rb_ops *ops, uint32_t *place) {
    struct rb_op *op;

    do
        op = rb_op_next(ops, place);
    while (op && !op->send);
    return op;
}

void rb_op_free(struct rb_ops *ops, struct rb_op *op) {
    let_go_of_file(op);
    if (op->state != RB_OP_NOTIFYING)
        ops->in_flight--;
    op->state = RB_OP_FREE;
    op->generation++;
    op->send = NULL;
    if (op->listed)
        return;
    op->next = ops->free;
    ops->free = op;
}

bool rb_op_unlist(struct rb_ops *ops, struct rb_op *op) {
    op->listed = false;
    if (op->state != RB_OP_FREE)
        return op->state != RB_OP_NOTIFYING;
    op->next = ops->free;
    ops->free = op;
    return false;
}

bool rb_ops_hold(const struct rb_ops *ops, const struct rb_file *file) {
    for (uint32_t i = 0; i < ops->chunks; i++)
        for (uint32_t k = 0; k < CHUNK_OPS; k++)
            if (ops->chunk[i][k].origin == file)
                return true;
    return false;
}

void rb_ops_dispose(struct rb_ops *ops) {
    for (uint32_t i = 0; i < ops->chunks; i++) {
        for (uint32_t k = 0; k < CHUNK_OPS; k++)
            if (ops->chunk[i][k].state != RB_OP_FREE)
                rb_op_free(ops, &ops->chunk[i][k]);
        free(ops->chunk[i]);
    }
    free(ops->chunk);
    memset(ops, 0, sizeof *ops);
}
