/* event_real - libevent's own functions behind our hooks, and those we call. */
#ifndef RB_EVENT_REAL_H
#define RB_EVENT_REAL_H

#include <event2/util.h>

#include "hint.h"

struct bufferevent;
struct evbuffer;

#define RB_EVENT_HOOK __attribute__((visibility("default")))

/* rb_event_find - the function of that name in the libevent of this process; hook is NULL for one we do not hook. */
void *rb_event_find(const char *name, const void *hook);

/* rb_event_bufferevent_of - the bufferevent that was given this descriptor, or NULL. */
struct bufferevent *rb_event_bufferevent_of(evutil_socket_t fd);

/* rb_event_output_of - its output buffer. */
struct evbuffer *rb_event_output_of(struct bufferevent *bev);

/* rb_event_writes_itself - libevent has written the bufferevent's output to this descriptor as it is. Only then may its
 * output be gathered: that of one with TLS is not what goes over the wire. */
void rb_event_writes_itself(struct bufferevent *bev, evutil_socket_t fd);

/* rb_event_in_rate_limit_group - some bufferevent of this process may be; which, libevent does not tell. */
bool rb_event_in_rate_limit_group(void);

/* rb_event_gather - struct rb_hint's gather: the owner, a bufferevent, would write these bytes of its output now. */
int rb_event_gather(void *owner, struct rb_gathered *out);

#endif
