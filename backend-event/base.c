/* libevent's bases. Their epoll descriptors are known by the seam; what only libevent's API tells is here. */
#include <event2/event.h>

#include "backend.h"
#include "event_real.h"

/* The program may wait for an answer by other means between two runs of the loop. */
RB_EVENT_HOOK int event_base_loop(struct event_base *base, int flags) {
    static int (*_Atomic found)(struct event_base *, int);
    int (*real)(struct event_base *, int) = found;
    int result;

    if (!real)
        found = real = rb_event_find("event_base_loop", (const void *)event_base_loop);
    result = real(base, flags);
    rb_backend_ran();
    return result;
}
