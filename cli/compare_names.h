/* compare_names - the ports that a command line names. */
#ifndef RB_CLI_COMPARE_NAMES_H
#define RB_CLI_COMPARE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "ports.h"

/* compare_names - whether a command line names a port, as a number by itself, or a socket's path. */
bool compare_names(const char *command, const struct port *port);

/* compare_targets - the TCP ports that a command line goes to, as far as its words look like that: HOST:80, -p 80,
 * --port=80.
 * Returns how many, at most max. */
size_t compare_targets(const char *command, struct port *ports, size_t max);

#endif
