/* server - a server program under test: started with an environment of its own, watched from outside, ended politely.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    uint16_t port;
};

/* server_start - run argv, which prints "ready PORT" on standard output when it listens.
 *   settings  "NAME=VALUE" strings for its environment, NULL-terminated; may be NULL. */
struct server server_start(char *const *settings, char *const *argv);

/* server_start_on - as server_start for a program that prints nothing: wait until the port accepts. */
struct server server_start_on(uint16_t port, char *const *settings, char *const *argv);

/* server_fds - its open descriptors below 512 (Ringback's own are above). */
int server_fds(pid_t pid);

/* server_expect_fds - it comes back to `expected` descriptors within a few seconds. */
void server_expect_fds(pid_t pid, int expected);

/* server_expect_carrier - ask `ringback stat --json` how often the server entered the ring.
 *   stat    the ringback program
 *   expect  "ring", "streams" (and bytes went through it), "epoll" (never), or anything else for no demand. */
void server_expect_carrier(pid_t pid, const char *stat, const char *expect);

/* server_stop - SIGTERM; it must then exit with status 0, as it does when nothing is wrong and nothing has leaked. */
void server_stop(const struct server *server);

#endif
