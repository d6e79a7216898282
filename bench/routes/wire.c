/* wire - see wire.h. */
#include "wire.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void wire_fill(unsigned char *content, size_t size, unsigned slot) {
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (slot + 1);
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        content[i] = (unsigned char)(state >> 32);
    }
}

void wire_stamp(unsigned char *content, uint64_t number) {
    for (int i = 0; i < WIRE_STAMP; i++) {
        content[i] = (unsigned char)(number >> (8 * i));
    }
}

int wire_write(int fd, const void *data, size_t length) {
    for (size_t done = 0; done < length;) {
        const ssize_t count = send(fd, (const char *)data + done, length - done, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            return -errno;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

static int read_line(int fd, char *line) {
    for (size_t done = 0; done < WIRE_LINE;) {
        const ssize_t count = read(fd, line + done, WIRE_LINE - done);
        if (count == 0) {
            return -EPIPE;
        }
        if (count < 0 && errno != EINTR) {
            return -errno;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    line[WIRE_LINE] = '\0';
    return 0;
}

/* Text into a line of its fixed length. */
static int write_line(int fd, const char *text) {
    char line[WIRE_LINE + 1];
    (void)snprintf(line, sizeof(line), "%-*s\n", WIRE_LINE - 1, text);
    return wire_write(fd, line, WIRE_LINE);
}

int wire_write_order(int fd, const struct wire_order *order) {
    char text[WIRE_LINE];
    (void)snprintf(text, sizeof(text), "drain %" PRIu64 " %" PRIu64 " %" PRIu64 " %d", order->size, order->slots,
                   order->messages, order->check_all ? 1 : 0);
    return write_line(fd, text);
}

int wire_read_order(int fd, struct wire_order *order) {
    char line[WIRE_LINE + 1];
    int check_all = 0;
    const int error = read_line(fd, line);
    if (error != 0) {
        return error;
    }
    const int fields = sscanf(line, "drain %" SCNu64 " %" SCNu64 " %" SCNu64 " %d", &order->size, &order->slots,
                              &order->messages, &check_all);
    order->check_all = check_all != 0;
    const bool ok = fields == 4 && order->size >= WIRE_STAMP && order->size <= WIRE_SIZE_MAX && order->slots >= 1 &&
                    order->slots <= WIRE_SLOTS_MAX;
    return ok ? 0 : -EPROTO;
}

int wire_write_answer(int fd, const struct wire_answer *answer) {
    char text[WIRE_LINE];
    (void)snprintf(text, sizeof(text), "drained %" PRIu64 " %" PRIu64 " %" PRIu64, answer->messages, answer->wrong,
                   answer->cpu_ns);
    return write_line(fd, text);
}

int wire_read_answer(int fd, struct wire_answer *answer) {
    char line[WIRE_LINE + 1];
    const int error = read_line(fd, line);
    if (error != 0) {
        return error;
    }
    return sscanf(line, "drained %" SCNu64 " %" SCNu64 " %" SCNu64, &answer->messages, &answer->wrong,
                  &answer->cpu_ns) == 3
               ? 0
               : -EPROTO;
}

typedef int (*use_address)(int fd, const struct sockaddr *address, socklen_t length);

/* The first of the name's addresses that can be used. */
static int open_socket(const char *host, const char *port, int flags, use_address use) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL;
    if (getaddrinfo(host, port, &hints, &list) != 0) {
        return -ENOENT;
    }
    int result = -ENOENT;
    for (const struct addrinfo *item = list; item != NULL && result < 0; item = item->ai_next) {
        const int on = 1;
        const int fd = socket(item->ai_family, item->ai_socktype | SOCK_CLOEXEC, item->ai_protocol);
        if (fd < 0) {
            result = -errno;
            continue;
        }
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        result = use(fd, item->ai_addr, item->ai_addrlen) == 0 ? fd : -errno;
        if (result < 0) {
            (void)close(fd);
        }
    }
    freeaddrinfo(list);
    return result;
}

static int bind_and_listen(int fd, const struct sockaddr *address, socklen_t length) {
    return bind(fd, address, length) == 0 ? listen(fd, 4) : -1;
}

int wire_connect(const char *host, const char *port) {
    return open_socket(host, port, 0, connect);
}

int wire_listen(const char *host, const char *port) {
    return open_socket(host, port, AI_PASSIVE, bind_and_listen);
}

uint64_t wire_cpu_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}
