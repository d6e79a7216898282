/* event_loop - what the libevent behaviours share: bases, connected bufferevents, running a base until something is
 * true. */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* evl_base - a new base, method epoll. */
struct event_base *evl_base(void);

/* evl_tcp - a bufferevent on one end of a TCP connection; *peer is the other end, blocking. BEV_OPT_CLOSE_ON_FREE is
 * added to the options. */
struct bufferevent *evl_tcp(struct event_base *base, int options, int *peer);

/* evl_run_until - turns of the base until *done. */
void evl_run_until(struct event_base *base, const volatile bool *done);

/* evl_run_for - run the base for so many milliseconds, even when it has no events. */
void evl_run_for(struct event_base *base, int ms);

/* evl_take - drain `size` bytes from the evbuffer and check that they are the pattern's from `offset`. */
void evl_take(struct evbuffer *buffer, uint64_t seed, uint64_t offset, size_t size);

/* evl_add_pattern - append `size` bytes of the pattern. */
void evl_add_pattern(struct evbuffer *buffer, uint64_t seed, uint64_t offset, size_t size);

/* evl_end - free the base, and what libevent keeps for the process. */
void evl_end(struct event_base *base);

#endif
