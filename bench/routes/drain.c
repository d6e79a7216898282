/* drain - the receiving end of bench/zerocopy: takes what comes, checks it against what was to come, and says so.
 *
 * Serves one connection after the other until SIGTERM. Prints "ready PORT".
 */
#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, READ_SIZE = 256 * 1024 };

static unsigned char input[READ_SIZE];

static void on_terminate(int number) {
    (void)number;
    _exit(EXIT_SUCCESS);
}

/* What is expected: one message's content for each slot. NULL without memory. */
static unsigned char *make_slots(const struct wire_order *order) {
    unsigned char *slots = malloc(order->slots * order->size);
    for (unsigned i = 0; i < order->slots && slots != NULL; i++) {
        wire_fill(slots + i * order->size, order->size, i);
    }
    return slots;
}

/* Compare a piece of the stream that begins at `at`. Returns how many of its parts were wrong. */
static uint64_t check(const struct wire_order *order, unsigned char *slots, uint64_t at, size_t length) {
    uint64_t wrong = 0;
    for (size_t done = 0; done < length;) {
        const uint64_t number = (at + done) / order->size;
        const size_t within = (size_t)((at + done) % order->size);
        const size_t rest = order->size - within < length - done ? order->size - within : length - done;
        const size_t stamp = within < WIRE_STAMP ? WIRE_STAMP - within : 0;
        const size_t compared = order->check_all || rest < stamp ? rest : stamp;
        unsigned char *slot = slots + number % order->slots * order->size;
        wire_stamp(slot, number);
        wrong += memcmp(input + done, slot + within, compared) != 0;
        done += rest;
    }
    return wrong;
}

static int serve(int fd) {
    struct wire_order order = {0};
    struct wire_answer answer = {0};
    int error = wire_read_order(fd, &order);
    if (error != 0) {
        return error;
    }
    unsigned char *slots = make_slots(&order);
    if (slots == NULL) {
        return -ENOMEM;
    }
    error = wire_write_answer(fd, &answer); /* ready: what came before this would have waited for the slots */
    const uint64_t begin_ns = wire_cpu_ns();
    uint64_t at = 0;
    ssize_t count = 0;
    while (error == 0 && (count = read(fd, input, sizeof(input))) > 0) {
        answer.wrong += check(&order, slots, at, (size_t)count);
        at += (size_t)count;
    }
    answer.cpu_ns = wire_cpu_ns() - begin_ns;
    answer.messages = at / order.size;
    answer.wrong += at != order.messages * order.size;
    if (error == 0 && count < 0) {
        error = -errno;
    }
    free(slots);
    return error == 0 ? wire_write_answer(fd, &answer) : error;
}

/* "ready PORT", whatever the family. */
static void announce(int listener) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);
    (void)getsockname(listener, (struct sockaddr *)&address, &length);
    const in_port_t port = address.ss_family == AF_INET6
                               ? ((const struct sockaddr_in6 *)(const void *)&address)->sin6_port
                               : ((const struct sockaddr_in *)(const void *)&address)->sin_port;
    (void)printf("ready %d\n", (int)ntohs(port));
    (void)fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s ADDRESS PORT   (port 0: any; printed as \"ready PORT\")\n", argv[0]);
        return EXIT_USAGE;
    }
    (void)signal(SIGTERM, on_terminate);
    (void)signal(SIGINT, on_terminate);
    const int listener = wire_listen(argv[1], argv[2]);
    if (listener < 0) {
        (void)fprintf(stderr, "drain: cannot listen on %s port %s: %s\n", argv[1], argv[2], strerror(-listener));
        return EXIT_FAILURE;
    }
    announce(listener);
    for (;;) {
        const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        const int error = fd < 0 ? -errno : serve(fd);
        if (error != 0) {
            (void)fprintf(stderr, "drain: a connection failed: %s\n", strerror(-error));
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
}
