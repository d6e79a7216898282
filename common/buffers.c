#include "buffers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "self.h"

struct rb_pool {
    struct io_uring_buf_ring *ring; /* shared with the kernel */
    struct rb_ring *owner_ring;     /* NULL once retired */
    char *memory;
    _Atomic(const void *) owner;         /* rb_self() of the loop's thread */
    _Atomic(struct rb_chunk *) returned; /* by other threads */
    atomic_uint holders;                 /* the loop, and each buffer that is out */
    unsigned made;                       /* buffers given to the ring so far, at most RB_BUFFERS_MAX */
    unsigned out;                        /* taken and not given back to the ring */
    bool dry;                            /* a receive found none since the last refill */
    struct rb_chunk chunk[RB_BUFFERS_MAX];
};

enum { RING_BYTES = RB_BUFFERS_MAX * sizeof(struct io_uring_buf), MASK = RB_BUFFERS_MAX - 1, FEW = 16 };

/* So many serve whoever is quick to give back; more would only be colder. They are the limit while enough come back. */
enum { WARM_MOST = 3 * RB_BUFFERS_STEP };

static void *map(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void pool_free(struct rb_pool *pool) {
    if (pool->memory)
        munmap(pool->memory, (size_t)RB_BUFFERS_MAX * RB_BUFFER_BYTES);
    if (pool->ring)
        munmap(pool->ring, RING_BYTES);
    free(pool);
}

static void give(struct rb_pool *pool, unsigned id) {
    io_uring_buf_ring_add(pool->ring, pool->memory + (size_t)id * RB_BUFFER_BYTES, RB_BUFFER_BYTES, (unsigned short)id,
                          MASK, 0);
    io_uring_buf_ring_advance(pool->ring, 1);
}

static void grow(struct rb_pool *pool) {
    unsigned goal = pool->made + RB_BUFFERS_STEP;

    for (; pool->made < goal && pool->made < RB_BUFFERS_MAX; pool->made++) {
        pool->chunk[pool->made].pool = pool;
        pool->chunk[pool->made].id = (uint16_t)pool->made;
        give(pool, pool->made);
    }
}

int rb_pool_new(struct rb_pool **out, struct rb_ring *ring) {
    struct rb_pool *pool = calloc(1, sizeof *pool);
    struct io_uring_buf_reg reg = {.ring_entries = RB_BUFFERS_MAX, .bgid = RB_BUFFER_GROUP};
    int error = -ENOMEM;

    if (!pool)
        return -ENOMEM;
    pool->memory = map((size_t)RB_BUFFERS_MAX * RB_BUFFER_BYTES);
    pool->ring = map(RING_BYTES);
    if (!pool->memory || !pool->ring)
        goto fail;
    reg.ring_addr = (uint64_t)(uintptr_t)pool->ring;
    error = io_uring_register_buf_ring(&ring->uring, &reg, 0);
    if (error < 0)
        goto fail;
    io_uring_buf_ring_init(pool->ring);
    pool->owner_ring = ring;
    pool->owner = rb_self();
    atomic_init(&pool->holders, 1);
    grow(pool);
    *out = pool;
    return 0;
fail:
    pool_free(pool);
    return error;
}

static void pool_release(struct rb_pool *pool) {
    if (atomic_fetch_sub_explicit(&pool->holders, 1, memory_order_acq_rel) == 1)
        pool_free(pool);
}

void rb_pool_retire(struct rb_pool *pool) {
    /* From here on no release may touch the ring; nobody compares equal to this. */
    pool->owner = NULL;
    pool->owner_ring = NULL;
    pool_release(pool);
}

struct rb_chunk *rb_pool_take(struct rb_pool *pool, uint16_t id, uint32_t length) {
    struct rb_chunk *chunk = &pool->chunk[id];

    chunk->next = NULL;
    chunk->start = 0;
    chunk->length = length;
    atomic_store_explicit(&chunk->holders, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->holders, 1, memory_order_relaxed);
    pool->out++;
    return chunk;
}

static void back_in_the_ring(struct rb_pool *pool, struct rb_chunk *chunk) {
    pool->out--;
    give(pool, chunk->id);
}

bool rb_pool_refill(struct rb_pool *pool) {
    struct rb_chunk *chunk = NULL, *next;

    if (atomic_load_explicit(&pool->returned, memory_order_relaxed))
        chunk = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    for (; chunk; chunk = next) {
        next = chunk->next;
        back_in_the_ring(pool, chunk);
    }
    if (pool->made - pool->out < FEW || (pool->dry && pool->made < WARM_MOST))
        grow(pool);
    pool->dry = false;
    return pool->made > pool->out;
}

void rb_pool_ran_dry(struct rb_pool *pool) {
    pool->dry = true;
}

bool rb_pool_scarce(const struct rb_pool *pool) {
    return pool->out > RB_BUFFERS_MAX / 2;
}

char *rb_chunk_bytes(const struct rb_chunk *chunk) {
    return chunk->pool->memory + (size_t)chunk->id * RB_BUFFER_BYTES + chunk->start;
}

void rb_chunk_hold(struct rb_chunk *chunk) {
    atomic_fetch_add_explicit(&chunk->holders, 1, memory_order_relaxed);
}

static void hand_to_the_owner(struct rb_pool *pool, struct rb_chunk *chunk) {
    struct rb_chunk *head = atomic_load_explicit(&pool->returned, memory_order_relaxed);

    do
        chunk->next = head;
    while (!atomic_compare_exchange_weak_explicit(&pool->returned, &head, chunk, memory_order_release,
                                                  memory_order_relaxed));
}

void rb_chunk_release(struct rb_chunk *chunk) {
    struct rb_pool *pool = chunk->pool;

    if (atomic_fetch_sub_explicit(&chunk->holders, 1, memory_order_acq_rel) != 1)
        return;
    if (pool->owner == rb_self())
        back_in_the_ring(pool, chunk);
    else
        hand_to_the_owner(pool, chunk);
    pool_release(pool);
}
