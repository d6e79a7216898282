#include "stat_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { ROOM_FIRST = 256, ANSWER_MAX = 65536, PATIENCE_S = 2, TCP_STATE_LISTEN = 10 };

/* What is asked for, one question each. */
static const struct {
    uint8_t family, protocol;
} questions[] = {{AF_INET, IPPROTO_TCP}, {AF_INET6, IPPROTO_TCP}, {AF_INET, IPPROTO_UDP}, {AF_INET6, IPPROTO_UDP}};

/* Whether a process sees the same network as this one. */
static bool sockets__same_network(int pid) {
    char path[64];
    struct stat own, theirs;

    snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
    return stat("/proc/self/ns/net", &own) == 0 && stat(path, &theirs) == 0 && own.st_ino == theirs.st_ino;
}

static int sockets__netlink(void) {
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

/* A netlink socket of the process's network. Should there be no way back to the own one, nothing else is asked of it.
 */
static int sockets__netlink_in(int pid) {
    char path[64];
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there, fd = -EACCES;

    snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
    there = open(path, O_RDONLY | O_CLOEXEC);
    if (home >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0) {
        fd = sockets__netlink();
        setns(home, CLONE_NEWNET);
    }
    if (home >= 0)
        close(home);
    if (there >= 0)
        close(there);
    return fd;
}

int stat_sockets_open(int pid) {
    return sockets__same_network(pid) ? sockets__netlink() : sockets__netlink_in(pid);
}

static int sockets__ask(int netlink, unsigned question, uint32_t number) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {.nlmsg_len = sizeof(message),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = number},
        .request = {.sdiag_family = questions[question].family,
                    .sdiag_protocol = questions[question].protocol,
                    .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                    .idiag_states = UINT32_MAX},
    };

    return send(netlink, &message, sizeof(message), 0) < 0 ? -errno : 0;
}

static void sockets__take_info(struct stat_socket *socket, const struct rtattr *attribute, size_t length) {
    struct tcp_info info = {0};

    for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
        size_t size = RTA_PAYLOAD(attribute);

        if (attribute->rta_type != INET_DIAG_INFO)
            continue;
        memcpy(&info, RTA_DATA(attribute), size < sizeof(info) ? size : sizeof(info));
        socket->bytes_in = info.tcpi_bytes_received;
        socket->bytes_out = info.tcpi_bytes_acked;
    }
}

static int sockets__append(struct stat_sockets *sockets, unsigned question, const struct nlmsghdr *header) {
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    struct stat_socket *socket;

    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) || message->idiag_inode == 0)
        return 0;
    if (sockets->count == sockets->room) {
        unsigned room = sockets->room == 0 ? ROOM_FIRST : sockets->room * 2;
        struct stat_socket *list = realloc(sockets->list, room * sizeof(*list));

        if (list == NULL)
            return -ENOMEM;
        sockets->list = list;
        sockets->room = room;
    }
    socket = &sockets->list[sockets->count++];
    *socket = (struct stat_socket){.inode = message->idiag_inode,
                                   .listens = message->idiag_state == TCP_STATE_LISTEN,
                                   .datagrams = questions[question].protocol == IPPROTO_UDP,
                                   .family = message->idiag_family,
                                   .local_port = ntohs(message->id.idiag_sport),
                                   .remote_port = ntohs(message->id.idiag_dport)};
    memcpy(&socket->local, message->id.idiag_src, sizeof(socket->local));
    memcpy(&socket->remote, message->id.idiag_dst, sizeof(socket->remote));
    sockets__take_info(socket, (const struct rtattr *)(const void *)(message + 1),
                       header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)));
    return 0;
}

/* Take the answers to one question in; late ones to an earlier are passed over. Returns 0 or -errno. */
static int sockets__answers(struct stat_sockets *sockets, int netlink, unsigned question, uint32_t number) {
    static _Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
    ssize_t got;

    while ((got = recv(netlink, answer, sizeof(answer), 0)) > 0) {
        const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)answer;
        size_t left = (size_t)got;

        for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_seq != number)
                continue;
            if (header->nlmsg_type == NLMSG_DONE)
                return 0;
            if (header->nlmsg_type == NLMSG_ERROR)
                return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
            if (sockets__append(sockets, question, header) != 0)
                return -ENOMEM;
        }
    }
    return got < 0 ? -errno : -EPROTO;
}

static int sockets__by_inode(const void *left, const void *right) {
    const struct stat_socket *a = left, *b = right;

    return (a->inode > b->inode) - (a->inode < b->inode);
}

int stat_sockets_take(struct stat_sockets *sockets, int netlink) {
    static uint32_t number;
    int rc = 0;

    sockets->count = 0;
    for (unsigned i = 0; netlink >= 0 && rc == 0 && i < sizeof(questions) / sizeof(questions[0]); i++) {
        rc = sockets__ask(netlink, i, ++number);
        if (rc == 0)
            rc = sockets__answers(sockets, netlink, i, number);
    }
    if (sockets->count > 0)
        qsort(sockets->list, sockets->count, sizeof(*sockets->list), sockets__by_inode);
    return rc;
}

const struct stat_socket *stat_sockets_find(const struct stat_sockets *sockets, uint32_t inode) {
    const struct stat_socket key = {.inode = inode};

    return sockets->count == 0 ? NULL : bsearch(&key, sockets->list, sockets->count, sizeof(key), sockets__by_inode);
}

static void sockets__address(const struct stat_socket *socket, const struct in6_addr *address, uint16_t port, char *out,
                             unsigned size) {
    char text[INET6_ADDRSTRLEN] = "?";

    inet_ntop(socket->family, address, text, sizeof(text));
    snprintf(out, size, socket->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

void stat_sockets_text(const struct stat_socket *socket, bool brief, char *out, unsigned size) {
    const char *protocol = socket->datagrams ? "udp" : "tcp";
    char local[64], remote[64];

    sockets__address(socket, &socket->local, socket->local_port, local, sizeof(local));
    sockets__address(socket, &socket->remote, socket->remote_port, remote, sizeof(remote));
    if (socket->listens)
        snprintf(out, size, "tcp %s listening", local);
    else if (socket->remote_port == 0)
        snprintf(out, size, "%s %s", protocol, local);
    else if (brief)
        snprintf(out, size, "%s %s", protocol, remote);
    else
        snprintf(out, size, "%s %s - %s", protocol, local, remote);
}

void stat_sockets_free(struct stat_sockets *sockets) {
    free(sockets->list);
    *sockets = (struct stat_sockets){0};
}
