/* rings - the rings that the core has open, as the injector needs to know them. */
#ifndef FAULTS_RINGS_H
#define FAULTS_RINGS_H

#include <liburing.h>
#include <stdint.h>

struct ring {
    struct io_uring *uring;            /* NULL: this place is free */
    unsigned seen;                     /* entries up to this tail have been looked at */
    struct io_uring_buf_ring *buffers; /* its receive buffers, or NULL */
    unsigned buffer_count;
    struct io_uring_sqe later; /* an entry of ours for the next enter */
    int has_later;
};

/* rings_add - a ring was opened. rings_drop - it is about to be closed. Any thread. */
void rings_add(struct io_uring *uring);
void rings_drop(const struct io_uring *uring);

/* rings_find, rings_of_fd - NULL if not known. Only the thread that owns a ring asks for it. */
struct ring *rings_find(const struct io_uring *uring);
struct ring *rings_of_fd(unsigned fd);

#endif
