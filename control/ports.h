/* ports - where processes listen: what their descriptors and /proc/net say. */
#ifndef CONTROL_PORTS_H
#define CONTROL_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum port_kind { PORT_TCP, PORT_UDP, PORT_UNIX };

enum { PORT_PATH_MAX = 109, PORTS_MAX = 64, PORT_TEXT_MAX = PORT_PATH_MAX + 16 };

/* A TCP or UNIX socket that listens, or a UDP socket that is bound and has no peer. */
struct port {
    enum port_kind kind;
    unsigned number;          /* TCP, UDP */
    char path[PORT_PATH_MAX]; /* UNIX; one in the abstract name space begins with '@' */
};

/* ports_of - where any of these processes listens, each place once, TCP first.
 *   ports  room for max; more are left out
 * Returns how many. */
size_t ports_of(const pid_t *pids, size_t count, struct port *ports, size_t max);

/* ports_taken - whether somebody listens there already, as this process sees the network.
 *   owner  gets who, 0 if that cannot be seen; may be NULL */
bool ports_taken(const struct port *port, pid_t *owner);

/* ports_same - both are the same place. TCP and UDP are not. */
bool ports_same(const struct port *left, const struct port *right);

/* ports_text - "port 80", "UDP port 53" or "socket /run/x". Returns text, PORT_TEXT_MAX bytes. */
const char *ports_text(char *text, const struct port *port);

#endif
