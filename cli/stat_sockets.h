/* stat_sockets - what the kernel knows of the TCP and UDP sockets in a process's network: addresses, and the bytes that
 * each has carried. It counts these anyway, so that asking costs the process nothing. */
#ifndef RB_CLI_STAT_SOCKETS_H
#define RB_CLI_STAT_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct stat_socket {
    uint32_t inode;
    bool listens, datagrams;
    int family;                    /* AF_INET or AF_INET6 */
    struct in6_addr local, remote; /* AF_INET: the first four bytes */
    uint16_t local_port, remote_port;
    uint64_t bytes_in, bytes_out; /* TCP: received; sent and confirmed by the peer */
};

/* All of them, by inode. A list that grows; start with {0}. */
struct stat_sockets {
    struct stat_socket *list;
    unsigned count, room;
};

/* stat_sockets_open - a netlink socket in the network of a process. Returns it, to be closed, or -errno: it is another
 * network, which takes privileges to look into, or the kernel has no such sockets. */
int stat_sockets_open(int pid);

/* stat_sockets_take - as they are now; none with a netlink of -1, or where the kernel does not answer. Returns 0 or
 * -errno. */
int stat_sockets_take(struct stat_sockets *sockets, int netlink);

/* stat_sockets_find - the socket of an inode, or NULL. */
const struct stat_socket *stat_sockets_find(const struct stat_sockets *sockets, uint32_t inode);

/* stat_sockets_text - "tcp 10.0.0.1:80 - 10.0.0.2:4711", or "tcp 10.0.0.1:80 listening".
 *   brief  of two addresses the peer's alone
 *   size   at least 160 */
void stat_sockets_text(const struct stat_socket *socket, bool brief, char *out, unsigned size);

void stat_sockets_free(struct stat_sockets *sockets);

#endif
