/* route - the ways that bench/zerocopy sends over, each with somebody at its far end.
 *
 * Namespaces are nameless: held by our descriptors and our children only, so that they are gone when we are, however we
 * end. */
#ifndef BENCH_ROUTE_H
#define BENCH_ROUTE_H

#include "child.h"

#include <limits.h>
#include <stdbool.h>

enum { ROUTE_WHY_MAX = 700, ROUTE_HOST_MAX = 256, ROUTE_HERE = -1 };

enum route_kind {
    ROUTE_LOOPBACK,
    ROUTE_VETH,    /* between two network namespaces */
    ROUTE_SWALLOW, /* likewise, to a host that acknowledges and throws away */
    ROUTE_REMOTE,  /* to a drain that somebody started elsewhere */
    ROUTES
};

/* Two namespaces, joined by a pair of veth devices. Once they are made we are in the far one: an ordinary user, who is
 * root only in a user namespace of its own, could not come back to where it was. Loopback is the same there. */
struct route_link {
    bool tried;
    int near_ns; /* -errno when they could not be made */
    int far_ns;
};

struct route {
    enum route_kind kind;
    char host[ROUTE_HOST_MAX];
    char port[16];
    int ns;               /* where to send from, ROUTE_HERE for where we are */
    struct child far_end; /* not running on ROUTE_REMOTE */
};

/* route_name, route_meaning - "lo", and in a sentence. Static. */
const char *route_name(enum route_kind kind);
const char *route_meaning(enum route_kind kind);

/* route_find - by name; ROUTES if there is none that can be asked for by name. */
enum route_kind route_find(const char *name);

/* route_start - run a program in a namespace or ROUTE_HERE, as child_start does. */
int route_start(const struct route_link *link, int ns, struct child *child, const char *const *argv, int cpu);

/* route_open - make the way and start its far end. The link is made when the first route needs it.
 *   bin_dir  where the far ends' programs are
 *   cpu      the CPU that the far end is kept on
 *   why      gets what went wrong; ROUTE_WHY_MAX bytes
 * Returns 0 or -errno. Closed with route_close in any case. */
int route_open(struct route *route, struct route_link *link, enum route_kind kind, const char *bin_dir, int cpu,
               char *why);
void route_close(struct route *route);

/* route_link_close - give the namespaces back. */
void route_link_close(struct route_link *link);

#endif
