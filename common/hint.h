/* hint - what a backend knows of a descriptor that its library uses. */
#ifndef RB_HINT_H
#define RB_HINT_H

#include <stdbool.h>
#include <sys/uio.h>

struct rb_hint {
    bool stream;   /* a connected stream socket, non-blocking for as long as the hint stands */
    bool listener; /* connections are accepted by the library's own accept loop */
    /* The library keeps these buffers until the write is reported done. NULL: it never says so.
     * Called under the loop's lock in the loop's thread; may not call back. */
    bool (*owns)(void *owner, const struct iovec *iov, int count);
    /* Everything it wants written, in order, starting with what owns() confirmed. Returns the number of buffers. */
    int (*gather)(void *owner, struct iovec *iov, int max);
};

#endif
