/* route - the ways out of this host, and which of them the kernel really leaves by without a copy: it is asked by one
 * zero-copy send at a time, and its notification answers. Lock held, owner thread. */
#ifndef RB_ROUTE_H
#define RB_ROUTE_H

#include "reactor.h"

/* struct rb_stream's route: a place in its loop's table from 1 on, or one of these. */
enum { RB_ROUTE_UNKNOWN = 0, RB_ROUTE_NONE = 255 };

/* rb_route_of - the route of a stream, found at its first large send. NULL: it has none that leads past a copy. */
struct rb_route *rb_route_of(struct rb_reactor *r, struct rb_file *file);

/* rb_route_worth_trying - shall a send of so many bytes go without a copy, because that pays or to find out? */
bool rb_route_worth_trying(const struct rb_route *route, int fd, size_t bytes);

/* rb_route_learn - a notification said whether the kernel copied after all. */
void rb_route_learn(struct rb_route *route, bool copied);

#endif
