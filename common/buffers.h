/* buffers - the provided-buffer ring: who owns each receive buffer, and when it goes back.
 *
 * A buffer is the kernel's while it lies in the ring, the stream's inbox holds one reference after a completion, and
 * whoever was lent the bytes (an evbuffer) holds another. The last one to let go returns it to the ring at once, so
 * that the few buffers in use stay in the cache. The pool outlives its ring for as long as somebody holds a buffer.
 */
#ifndef RB_BUFFERS_H
#define RB_BUFFERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

/* 16 KiB: what a bufferevent reads at most, and what Redis, memcached and HTTP answers of a page or two fit in. */
enum { RB_BUFFER_BYTES = 16384, RB_BUFFERS_MAX = 1024, RB_BUFFERS_STEP = 64 };

struct rb_pool;

/* One buffer while somebody holds it. */
struct rb_chunk {
    struct rb_pool *pool;
    struct rb_chunk *next; /* in the inbox, or in the pool's list of buffers that other threads gave back */
    atomic_uint holders;
    uint32_t start, length; /* the bytes not yet taken */
    uint16_t id;
};

/* rb_pool_new - make a pool and register it with the ring. Owner thread. Returns 0 and *pool, or -errno. */
int rb_pool_new(struct rb_pool **pool, struct rb_ring *ring);

/* rb_pool_retire - the ring is about to go (or is gone). The memory goes when the last holder lets go. Owner thread. */
void rb_pool_retire(struct rb_pool *pool);

/* rb_pool_take - buffer id came with a completion of length bytes. Returns it with one holder. Owner thread. */
struct rb_chunk *rb_pool_take(struct rb_pool *pool, uint16_t id, uint32_t length);

/* rb_pool_refill - take back what other threads returned; grow when few are left, up to RB_BUFFERS_MAX.
 * Returns whether the ring holds a free buffer. Owner thread. */
bool rb_pool_refill(struct rb_pool *pool);

/* rb_pool_ran_dry - a receive found no buffer: the next refill makes more, within bounds. Owner thread. */
void rb_pool_ran_dry(struct rb_pool *pool);

/* rb_pool_scarce - so few buffers are left that lending them for long would stop other sockets. */
bool rb_pool_scarce(const struct rb_pool *pool);

/* rb_chunk_bytes - the first byte not yet taken. */
char *rb_chunk_bytes(const struct rb_chunk *chunk);

void rb_chunk_hold(struct rb_chunk *chunk);

/* rb_chunk_release - let go. Any thread, also after the loop has ended. */
void rb_chunk_release(struct rb_chunk *chunk);

#endif
