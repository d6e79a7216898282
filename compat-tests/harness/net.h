/* net - sockets on this machine for the tests. Every function fails the test when the system refuses. */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

/* net_address - 127.0.0.1 with a port in host order. */
struct sockaddr_in net_address(uint16_t port);

/* net_listen - a non-blocking TCP listener on 127.0.0.1; *port is its port. */
int net_listen(uint16_t *port);

/* net_port - the local port of a socket. */
uint16_t net_port(int fd);

/* net_connect - a blocking TCP connection to 127.0.0.1. */
int net_connect(uint16_t port);

/* net_tcp_pair - two ends of a TCP connection: `*ours` non-blocking, for the loop under test; `*peer` blocking. */
void net_tcp_pair(int *ours, int *peer);

/* net_unix_pair - as net_tcp_pair, AF_UNIX stream. */
void net_unix_pair(int *ours, int *peer);

/* net_pass_fd, net_take_fd - a descriptor and one byte, by SCM_RIGHTS over an AF_UNIX stream. */
void net_pass_fd(int over, int fd);
int net_take_fd(int over);

/* net_pipe - a pipe; `ends[0]` reads. Both ends non-blocking. */
void net_pipe(int ends[2]);

void net_nonblocking(int fd);
void net_blocking(int fd);

/* net_small_buffers - make the socket's buffers small, so that a writer soon has to wait. */
void net_small_buffers(int fd);

/* net_reset - close a TCP socket so that its peer gets a RST. */
void net_reset(int fd);

/* net_close - close, which must succeed. */
void net_close(int fd);

/* net_send_all - write all bytes, waiting as needed. */
void net_send_all(int fd, const void *bytes, size_t size);

/* net_send_text - net_send_all of a string without its NUL. */
void net_send_text(int fd, const char *text);

/* net_receive_all - read exactly that many bytes, waiting as needed. */
void net_receive_all(int fd, void *bytes, size_t size);

/* net_expect_text - the next bytes are those of the string. */
void net_expect_text(int fd, const char *text);

/* net_expect_end - the next thing is the end of the stream. */
void net_expect_end(int fd);

/* net_readable - poll() says within ms milliseconds that a read would not block. */
bool net_readable(int fd, int ms);

/* net_send_pattern, net_receive_pattern - `size` bytes of a pattern stream from `offset`, waiting as needed. */
void net_send_pattern(int fd, uint64_t seed, uint64_t offset, size_t size);
void net_receive_pattern(int fd, uint64_t seed, uint64_t offset, size_t size);

#endif
