/* compare_wait - until a server listens where its load goes to. */
#ifndef RB_CLI_COMPARE_WAIT_H
#define RB_CLI_COMPARE_WAIT_H

#include "compare_request.h"
#include "kept.h"
#include "ports.h"

/* How the waiting ended. */
enum compare_wait {
    WAIT_LISTENS,
    WAIT_INTERRUPTED,
    WAIT_ENDED,     /* the server and all it started */
    WAIT_ELSEWHERE, /* the port that was asked for is another process's */
    WAIT_TOO_LONG
};

/* compare_wait_for - wait for the port that was asked for; without one, for a port that the load's command names, or
 * until where the server listens has not changed for half a second.
 *   port   gets where it listens
 *   owner  WAIT_ELSEWHERE: gets who has the port */
enum compare_wait compare_wait_for(struct kept *server, const struct compare_request *request, struct port *port,
                                   pid_t *owner);

#endif
