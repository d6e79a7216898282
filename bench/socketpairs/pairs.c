/* pairs - N pairs of bufferevents over AF_UNIX socketpairs, all in one process on one base; it knows nothing of
 * Ringback. In each pair a producer sends a message of S bytes, the consumer drains it and answers with one byte, and
 * that byte sends the next message, R times over.
 *
 * It prints "done WALL_NS CPU_NS WAITED_NS", of the rounds alone, and stays until SIGTERM, so that whoever started it
 * can look at what carried them. A byte that is wrong, missing or too many ends it with a reason and status 1.
 *
 * Messages are cut from one table of random bytes, each pair and round at a place of its own. The consumer always
 * compares the first bytes of what each read brought with the table, and with "check" every byte.
 */
#include "counter.h"
#include "tcp.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 4096, BYTES_MAX = 16 * 1024 * 1024, PLACES = 1024, STAMP = 8, PIECES_MAX = 64, EXIT_USAGE = 2 };
#define ROUNDS_MAX UINT64_C(1000000000)

struct sweep {
    struct event_base *base;
    unsigned char *table; /* bytes + PLACES of them */
    size_t bytes;
    uint64_t rounds;
    bool check_all;
    unsigned pairs;
    unsigned running; /* pairs that still have rounds to go */
};

struct pair {
    struct sweep *sweep;
    struct bufferevent *producer;
    struct bufferevent *consumer;
    unsigned number;
    uint64_t answered; /* rounds that are over */
    uint64_t consumed; /* messages that are drained */
    size_t drained;    /* bytes of the present one */
};

__attribute__((format(printf, 2, 3), noreturn)) static void fail(const struct pair *pair, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "pairs: pair %u, round %llu: ", pair->number, (unsigned long long)pair->answered);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

static const unsigned char *message_of(const struct pair *pair, uint64_t round) {
    return pair->sweep->table + (pair->number * 31U + round) % PLACES;
}

static unsigned char answer_of(const struct pair *pair, uint64_t round) {
    return (unsigned char)(pair->number + round);
}

static void send_message(struct pair *pair) {
    if (bufferevent_write(pair->producer, message_of(pair, pair->answered), pair->sweep->bytes) != 0) {
        fail(pair, "bufferevent_write");
    }
}

/* Compare what is in the buffer with what was sent: the beginning, or all of it. */
static void check_input(struct pair *pair, struct evbuffer *input, size_t length) {
    const unsigned char *wanted = message_of(pair, pair->consumed) + pair->drained;
    if (!pair->sweep->check_all) {
        unsigned char head[STAMP];
        const size_t count = length < STAMP ? length : STAMP;
        if (evbuffer_copyout(input, head, count) != (ev_ssize_t)count || memcmp(head, wanted, count) != 0) {
            fail(pair, "wrong bytes at %zu", pair->drained);
        }
        return;
    }
    struct evbuffer_iovec piece[PIECES_MAX];
    const int count = evbuffer_peek(input, (ev_ssize_t)length, NULL, piece, PIECES_MAX);
    size_t seen = 0;
    for (int i = 0; i < count && i < PIECES_MAX; i++) {
        if (memcmp(piece[i].iov_base, wanted + seen, piece[i].iov_len) != 0) {
            fail(pair, "wrong bytes in the %zu at %zu", piece[i].iov_len, pair->drained + seen);
        }
        seen += piece[i].iov_len;
    }
    if (seen != length) {
        fail(pair, "the buffer shows %zu bytes of %zu", seen, length);
    }
}

static void on_message(struct bufferevent *consumer, void *context) {
    struct pair *pair = context;
    struct evbuffer *input = bufferevent_get_input(consumer);
    const size_t length = evbuffer_get_length(input);
    if (length > pair->sweep->bytes - pair->drained) {
        fail(pair, "%zu bytes came after %zu of %zu", length, pair->drained, pair->sweep->bytes);
    }
    check_input(pair, input, length);
    (void)evbuffer_drain(input, length);
    pair->drained += length;
    if (pair->drained == pair->sweep->bytes) {
        const unsigned char answer = answer_of(pair, pair->consumed);
        pair->drained = 0;
        pair->consumed++;
        if (bufferevent_write(consumer, &answer, sizeof(answer)) != 0) {
            fail(pair, "bufferevent_write of the answer");
        }
    }
}

static void on_answer(struct bufferevent *producer, void *context) {
    struct pair *pair = context;
    struct sweep *sweep = pair->sweep;
    unsigned char answer[2] = {0};
    const size_t count = bufferevent_read(producer, answer, sizeof(answer));
    if (count != 1 || answer[0] != answer_of(pair, pair->answered) || pair->answered == sweep->rounds) {
        fail(pair, "%zu bytes of answer, the first %u", count, answer[0]);
    }
    pair->answered++;
    if (pair->answered < sweep->rounds) {
        send_message(pair);
    } else if (--sweep->running == 0) {
        (void)event_base_loopbreak(sweep->base);
    }
}

static void on_event(struct bufferevent *bev, short what, void *context) {
    const struct pair *pair = context;
    fail(pair, "event 0x%x at the %s", (unsigned)what, bev == pair->producer ? "producer" : "consumer");
}

static struct bufferevent *make_end(struct pair *pair, evutil_socket_t fd, bufferevent_data_cb on_read) {
    struct bufferevent *bev = NULL;
    if (evutil_make_socket_nonblocking(fd) == 0) {
        bev = bufferevent_socket_new(pair->sweep->base, fd, BEV_OPT_CLOSE_ON_FREE);
    }
    if (bev == NULL) {
        fail(pair, "cannot make a bufferevent");
    }
    bufferevent_setcb(bev, on_read, NULL, on_event, pair);
    (void)bufferevent_enable(bev, EV_READ | EV_WRITE);
    return bev;
}

static void pair_open(struct pair *pair, struct sweep *sweep, unsigned number) {
    evutil_socket_t fd[2];
    *pair = (struct pair){.sweep = sweep, .number = number};
    if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0) {
        fail(pair, "cannot make a socketpair");
    }
    pair->producer = make_end(pair, fd[0], on_answer);
    pair->consumer = make_end(pair, fd[1], on_message);
}

static uint64_t cpu_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* All rounds of all pairs, between two looks at the clocks. */
static void run(struct sweep *sweep, struct pair *pairs) {
    uint64_t waited[2] = {0};
    (void)counter_waited_ns(getpid(), &waited[0]);
    const uint64_t cpu_begin_ns = cpu_ns();
    const uint64_t begin_ns = tcp_now_ns();
    for (unsigned i = 0; i < sweep->pairs; i++) {
        send_message(&pairs[i]);
    }
    (void)event_base_dispatch(sweep->base);
    const uint64_t wall = tcp_now_ns() - begin_ns;
    const uint64_t cpu = cpu_ns() - cpu_begin_ns;
    (void)counter_waited_ns(getpid(), &waited[1]);
    for (unsigned i = 0; i < sweep->pairs; i++) {
        if (pairs[i].answered != sweep->rounds || pairs[i].consumed != sweep->rounds || pairs[i].drained != 0) {
            fail(&pairs[i], "the loop ended with %llu messages drained", (unsigned long long)pairs[i].consumed);
        }
    }
    const int stop = tcp_terminate_fd();
    (void)printf("done %llu %llu %llu\n", (unsigned long long)wall, (unsigned long long)cpu,
                 (unsigned long long)(waited[1] - waited[0]));
    (void)fflush(stdout);
    struct pollfd wait = {.fd = stop, .events = POLLIN};
    (void)poll(&wait, 1, -1);
    (void)close(stop);
}

static bool make_table(struct sweep *sweep) {
    const size_t size = sweep->bytes + PLACES;
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    sweep->table = malloc(size);
    for (size_t i = 0; i < size && sweep->table != NULL; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sweep->table[i] = (unsigned char)(state >> 32);
    }
    return sweep->table != NULL;
}

int main(int argc, char **argv) {
    uint64_t pairs_wanted = 0;
    uint64_t bytes = 0;
    struct sweep sweep = {0};
    const bool ok = argc >= 4 && argc <= 5 && tcp_parse_number(argv[1], 1, PAIRS_MAX, &pairs_wanted) &&
                    tcp_parse_number(argv[2], 1, BYTES_MAX, &bytes) &&
                    tcp_parse_number(argv[3], 1, ROUNDS_MAX, &sweep.rounds) &&
                    (argc == 4 || strcmp(argv[4], "check") == 0);
    if (!ok) {
        (void)fprintf(stderr, "usage: %s PAIRS BYTES ROUNDS [check]\n", argv[0]);
        return EXIT_USAGE;
    }
    sweep.pairs = (unsigned)pairs_wanted;
    sweep.running = sweep.pairs;
    sweep.bytes = (size_t)bytes;
    sweep.check_all = argc == 5;
    sweep.base = event_base_new();
    struct pair *pairs = calloc(sweep.pairs, sizeof(*pairs));
    if (sweep.base == NULL || pairs == NULL || !make_table(&sweep)) {
        (void)fprintf(stderr, "pairs: no event base, or no memory\n");
        return EXIT_FAILURE;
    }
    for (unsigned i = 0; i < sweep.pairs; i++) {
        pair_open(&pairs[i], &sweep, i);
    }
    run(&sweep, pairs);
    for (unsigned i = 0; i < sweep.pairs; i++) {
        bufferevent_free(pairs[i].producer);
        bufferevent_free(pairs[i].consumer);
    }
    event_base_free(sweep.base);
    free(pairs);
    free(sweep.table);
    return EXIT_SUCCESS;
}
