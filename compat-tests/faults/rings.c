#include "rings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RINGS_MOST = 64 };

static struct ring all[RINGS_MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct ring *find_locked(const struct io_uring *uring) {
    for (unsigned i = 0; i < RINGS_MOST; i++)
        if (all[i].uring == uring)
            return &all[i];
    return NULL;
}

void rings_add(struct io_uring *uring) {
    pthread_mutex_lock(&lock);
    struct ring *ring = find_locked(uring);
    if (!ring)
        ring = find_locked(NULL);
    if (!ring)
        abort();
    memset(ring, 0, sizeof *ring);
    ring->uring = uring;
    pthread_mutex_unlock(&lock);
}

void rings_drop(const struct io_uring *uring) {
    pthread_mutex_lock(&lock);
    struct ring *ring = find_locked(uring);
    if (ring)
        ring->uring = NULL;
    pthread_mutex_unlock(&lock);
}

struct ring *rings_find(const struct io_uring *uring) {
    pthread_mutex_lock(&lock);
    struct ring *ring = uring ? find_locked(uring) : NULL;
    pthread_mutex_unlock(&lock);
    return ring;
}

struct ring *rings_of_fd(unsigned fd) {
    struct ring *ring = NULL;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < RINGS_MOST && !ring; i++)
        if (all[i].uring && (unsigned)all[i].uring->ring_fd == fd)
            ring = &all[i];
    pthread_mutex_unlock(&lock);
    return ring;
}
