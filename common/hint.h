/* hint - what a backend knows of a descriptor that its library uses. */
#ifndef RB_HINT_H
#define RB_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* What a backend gathers for one send. */
struct rb_gathered {
    struct iovec *iov; /* to be filled, up to max */
    int max;
    size_t skip;  /* leave out so many bytes at the front: they have gone, and the library is not told yet */
    bool crowded; /* small pieces are better: see rb_outflow_crowded */
    bool copy;    /* the bytes, RB_BACKEND_SEND_COPY at most, do not stay valid: copy them at once */
    void (*unpin)(void *pin); /* called with pin, without a lock, when the kernel is done with the bytes; or NULL */
    void *pin;
};

struct rb_hint {
    bool stream;   /* a connected stream socket, non-blocking for as long as the hint stands */
    bool listener; /* connections are accepted by the library's own accept loop */
    /* The library keeps these buffers until the write is reported done. NULL: it never says so.
     * Called under the loop's lock in the loop's thread; may not call back. */
    bool (*owns)(void *owner, const struct iovec *iov, int count);
    /* Everything it wants written, in order, starting with what owns() confirmed. Returns the number of buffers.
     * Called under the loop's lock in the loop's thread; may not call back. */
    int (*gather)(void *owner, struct rb_gathered *out);
    bool eager; /* gather may be asked as soon as the library waits for writability, before it has tried to write */
};

#endif
