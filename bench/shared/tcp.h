/* tcp - what every bench program needs to get its loopback sockets and to say that it is ready.
 *
 * Nothing here knows of Ringback, libuv or libevent. All functions answer -errno on failure and never call back.
 */
#ifndef BENCH_TCP_H
#define BENCH_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

/* tcp_parse_number - a whole decimal number within min..max. Returns false for anything else; *number is then kept. */
bool tcp_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/* tcp_server_begin - the port, which is the one argument that each server takes, and SIGPIPE ignored, as in any server:
 * a peer that went away is an error of its connection only. Prints the usage and exits with 2 when the port is wrong.
 */
int tcp_server_begin(int argc, char **argv);

/* tcp_loopback - 127.0.0.1 and a port, 0 .. 65535. */
struct sockaddr_in tcp_loopback(int port);

/* tcp_listen - a non-blocking listening socket on 127.0.0.1 whose connections inherit TCP_NODELAY.
 *   port  0: the kernel chooses.
 * Returns the descriptor, the caller's to close. */
int tcp_listen(int port);

/* tcp_connect - a connected, non-blocking TCP_NODELAY socket to 127.0.0.1:port; connects blockingly.
 * Returns the descriptor, the caller's to close. */
int tcp_connect(int port);

/* tcp_announce_fd - print "ready PORT" for a bound socket, 0 for one without a port, and flush it. Returns 0 or -errno.
 */
int tcp_announce_fd(int fd);

/* tcp_terminate_fd - a descriptor that is readable once SIGTERM or SIGINT came; both are blocked from here on, so
 * that neither can slip in between a look at a flag and the wait. The caller's to close. */
int tcp_terminate_fd(void);

/* tcp_now_ns - monotonic time, nanoseconds. */
uint64_t tcp_now_ns(void);

#endif
