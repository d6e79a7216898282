/* endpoint - where a server listens: a loopback port or a path. Nothing here knows of Ringback, libuv or libevent. */
#ifndef BENCH_ENDPOINT_H
#define BENCH_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum endpoint_kind {
    ENDPOINT_TCP,
    ENDPOINT_UDP,
    ENDPOINT_UNIX,
    ENDPOINT_FIFO /* pairs of named pipes, made by the server; see endpoint_fifo_path */
};

/* How many pairs there are, and the room that one's name needs. */
enum { ENDPOINT_FIFOS = 64, ENDPOINT_FIFO_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) + 16 };

struct endpoint {
    enum endpoint_kind kind;
    int port;                                               /* TCP, UDP */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* UNIX, FIFO */
};

/* endpoint_parse - from a server's argument: a path if it begins with a slash, else a port of 127.0.0.1.
 * Returns false for anything else. */
bool endpoint_parse(struct endpoint *endpoint, const char *text);

/* endpoint_server_begin - where a server that serves ports and paths alike is to listen: its one argument. SIGPIPE is
 * ignored, as in any server. Prints the usage and exits with 2 when the argument is wrong. */
struct endpoint endpoint_server_begin(int argc, char **argv);

/* endpoint_address - its address into out. Returns the address's length. */
socklen_t endpoint_address(const struct endpoint *endpoint, struct sockaddr_storage *out);

/* endpoint_listen - a non-blocking listening socket; TCP's connections inherit TCP_NODELAY. Not for UDP.
 * Returns the descriptor, the caller's to close, or -errno. */
int endpoint_listen(const struct endpoint *endpoint);

/* endpoint_fifo_path - the name of one end of a pair into out, ENDPOINT_FIFO_PATH_MAX bytes.
 *   in  the server reads from it, else it writes to it */
void endpoint_fifo_path(char *out, const struct endpoint *endpoint, unsigned number, bool in);

/* endpoint_open_fifo - the client's ends of a pair, non-blocking, to write to and to read from. Both are the caller's
 * to close. Returns 0 or -errno. */
int endpoint_open_fifo(const struct endpoint *endpoint, unsigned number, int *out_fd, int *in_fd);

/* endpoint_connect - a non-blocking socket that is connected, or for TCP if !wait perhaps still connecting.
 *   source  the last byte of the 127.0.0.0/8 address to come from; 0: the kernel chooses. TCP and UDP only
 * Returns the descriptor, the caller's to close, or -errno. */
int endpoint_connect(const struct endpoint *endpoint, unsigned source, bool wait);

#endif
