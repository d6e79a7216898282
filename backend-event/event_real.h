/* event_real - libevent's own functions behind our hooks, and those we call. */
#ifndef RB_EVENT_REAL_H
#define RB_EVENT_REAL_H

#include "hint.h"

#define RB_EVENT_HOOK __attribute__((visibility("default")))

/* rb_event_find - the function of that name in the libevent of this process; hook is NULL for one we do not hook. */
void *rb_event_find(const char *name, const void *hook);

/* The descriptor belongs to a bufferevent; the owner is its output evbuffer. */
extern const struct rb_hint rb_event_bufferevent_hint;

#endif
