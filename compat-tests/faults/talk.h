/* talk - one connection of a client that checks every byte, and may be told that a connection can end early.
 *
 * A wrong byte, and an answer that does not come, always fail the test. A connection that ends early does so too,
 * unless the fault of this run is one of which epoll would have told the server: then the connection counts as lost,
 * and all further talk on it does nothing.
 */
#ifndef FAULTS_TALK_H
#define FAULTS_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

struct talk {
    int fd; /* -1: lost, or closed */
    uint64_t seed, sent, received;
    bool blocks; /* it lets the server wait */
};

/* talk_may_lose - which connections may end early from now on. */
void talk_may_lose(enum plan_loss loss);

/* talk_open - connect; receive_buffer bytes for SO_RCVBUF, 0 as it comes. */
struct talk talk_open(uint16_t port, uint64_t seed, int receive_buffer);

/* talk_send - the next `size` bytes of its pattern, taking in what comes back meanwhile if `both`. */
void talk_send(struct talk *talk, size_t size, bool both);

/* talk_fill - send without reading until nothing more fits for a while, `most` bytes at most. */
void talk_fill(struct talk *talk, size_t most);

/* talk_receive - what was sent and has not come back yet; all must. */
void talk_receive(struct talk *talk);

/* talk_end - shut down, receive the rest, then the end; and close. */
void talk_end(struct talk *talk);

void talk_close(struct talk *talk);
void talk_reset(struct talk *talk);

/* talk_put, talk_get - bytes that are no echo: the next `size` bytes received must be these. Return whether the
 * connection still lives. */
bool talk_put(struct talk *talk, const void *bytes, size_t size);
bool talk_get(struct talk *talk, const void *bytes, size_t size);

#endif
