/* self - a cheap name for the calling thread. */
#ifndef RB_SELF_H
#define RB_SELF_H

#include <stdbool.h>

/* rb_self - a value that no other thread of the process has or had, never NULL; not to be followed. Any context, signal
 * handlers included. */
const void *rb_self(void);

/* Something was written by this thread's loops that is not with the kernel yet. Exported to the hooks, which look at it
 * before calls that may block. */
extern __thread bool rb_unsent __attribute__((tls_model("initial-exec")));

#endif
