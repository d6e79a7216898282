/* op - one operation in flight, from the moment it is queued until the kernel is done with it.
 *
 * An operation outlives the socket it was made for: when its descriptor is closed or handed on it becomes an orphan,
 * and only its last completion frees it. Its user_data carries a generation, so that a completion can never be taken
 * for that of a later operation in the same place.
 */
#ifndef RB_OP_H
#define RB_OP_H

#include <stdbool.h>
#include <stdint.h>

struct rb_file;
struct rb_send;

enum rb_op_kind { RB_OP_POLL, RB_OP_RECV, RB_OP_SEND, RB_OP_ACCEPT, RB_OP_WAKE, RB_OP_EPFD };

enum rb_op_state {
    RB_OP_FREE,
    RB_OP_ARMED,      /* queued or with the kernel */
    RB_OP_CANCELLING, /* a cancel is queued; completions may still come */
    RB_OP_NOTIFYING,  /* its result came; the notification that the kernel has let go of the bytes is still to come */
};

struct rb_op {
    uint32_t index, generation;
    enum rb_op_kind kind;
    enum rb_op_state state;
    struct rb_file *file;   /* NULL: an orphan */
    struct rb_file *origin; /* an orphan's: its descriptor must not be closed before the kernel is done */
    struct rb_send *send;   /* RB_OP_SEND: what the kernel reads, owned by the operation */
    bool listed;            /* waits for its cancel in the loop's list: ended or not, its place is not free */
    struct rb_op *next;     /* free list, or that list */
};

/* The operations of one loop. Under the loop's lock. */
struct rb_ops {
    struct rb_op **chunk;
    uint32_t chunks;
    struct rb_op *free;
    uint32_t in_flight; /* those whose result has not come: RB_OP_NOTIFYING does not count */
};

/* rb_op_new - an armed operation; NULL without memory. */
struct rb_op *rb_op_new(struct rb_ops *ops, enum rb_op_kind kind, struct rb_file *file);

/* rb_op_user_data - what its submission entry carries. Never 0. */
uint64_t rb_op_user_data(const struct rb_op *op);

/* rb_op_find - the operation a completion belongs to, or NULL for 0 and for generations gone by. */
struct rb_op *rb_op_find(const struct rb_ops *ops, uint64_t user_data);

/* rb_op_awaited - its result has not come yet. */
bool rb_op_awaited(const struct rb_ops *ops, uint64_t user_data);

/* rb_op_result_came - from here on it is nobody's but the notification's: the socket may be closed, the loop may rest,
 * and nothing waits for it. */
void rb_op_result_came(struct rb_ops *ops, struct rb_op *op);

/* rb_op_next - one that is not over, after the one at *place; begin with *place 0. NULL: no more. */
struct rb_op *rb_op_next(const struct rb_ops *ops, uint32_t *place);

/* rb_op_next_with_send - a send that is not over, after the one at *place; begin with *place 0. NULL: no more. */
struct rb_op *rb_op_next_with_send(const struct rb_ops *ops, uint32_t *place);

/* rb_op_free - the kernel is done with it. */
void rb_op_free(struct rb_ops *ops, struct rb_op *op);

/* rb_op_unlist - it has been taken out of the list of those that wait for their cancel. Returns whether it is still in
 * flight; if not, its place is free now. */
bool rb_op_unlist(struct rb_ops *ops, struct rb_op *op);

/* rb_ops_hold - whether an operation that was cut off this file is still in flight. Looks at every operation. */
bool rb_ops_hold(const struct rb_ops *ops, const struct rb_file *file);

/* rb_ops_dispose - forget all of them; only when the ring is gone. */
void rb_ops_dispose(struct rb_ops *ops);

#endif
