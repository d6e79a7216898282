#include "round.h"

#include "check.h"
#include "net.h"
#include "pattern.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PIECE = 256 * 1024,
    SLOW_PIECE = 32 * 1024,
    SLOW_BYTES = 512 * 1024,
    SLOW_PERCENT = 10,
    USERS_FROM = 100000,
    PINNED_MOST = 64 << 20
};

/* Bytes that the rounds send, each from a place of its own. */
static char reference[2 * ROUND_BYTES];

static bool within_limit;

/* As an ordinary user who may not lock more memory than that. */
static void live_within(rlim_t bytes) {
    const struct rlimit limit = {bytes, bytes};
    CHECK_FD(setrlimit(RLIMIT_MEMLOCK, &limit));
    const uid_t user = USERS_FROM + (uid_t)getpid();
    if (geteuid() == 0)
        CHECK_FD(setresuid(user, user, user)); /* the limit is on what a user has locked in all processes */
    within_limit = true;
}

struct round_options round_options(int argc, char **argv) {
    static const struct option known[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 's'},
        {"memlock", required_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    struct round_options options = {.rounds = 150, .seed = (uint64_t)(check_now_ms() * 1e6)};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'r')
            options.rounds = (unsigned)atoi(optarg);
        else if (option == 's')
            options.seed = strtoull(optarg, NULL, 10);
        else if (option == 'm')
            live_within(strtoull(optarg, NULL, 10));
        else
            exit(2);
    }
    check_begin(30 + options.rounds);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    printf("%u rounds, seed %llu\n", options.rounds, (unsigned long long)options.seed);
    fflush(stdout);
    pattern_fill(options.seed, 0, reference, sizeof reference);
    return options;
}

static void *reader(void *arg) {
    struct round *round = arg;
    bool peer_ends = round->ending == ENDING_PEER_RESETS || round->ending == ENDING_PEER_CLOSES;
    char *piece = malloc(PIECE);
    CHECK(piece);
    net_send_text(round->fd, "!");
    while (round->ending == ENDING_CLOSE_UNREAD && !atomic_load(&round->closed))
        check_sleep_ms(1);
    for (;;) {
        size_t got = atomic_load(&round->got);
        bool slow = round->slow && got < SLOW_BYTES;
        ssize_t n = recv(round->fd, piece, slow ? SLOW_PIECE : PIECE, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            break;
        CHECK_SAY(n > 0, "round %u: %s after %zu bytes", round->number, strerror(errno), got);
        CHECK_SAY(got + (size_t)n <= ROUND_BYTES, "round %u: more bytes than were written", round->number);
        CHECK_SAY(memcmp(piece, reference + round->shift + got, (size_t)n) == 0,
                  "round %u: a byte among %zu from %zu is wrong; ending %d, giving %d", round->number, (size_t)n, got,
                  (int)round->ending, (int)round->giving);
        atomic_store(&round->got, got + (size_t)n);
        if (peer_ends && got + (size_t)n >= round->stop_at)
            break;
        if (slow)
            check_sleep_ms(1);
    }
    if (round->ending == ENDING_PEER_RESETS)
        net_reset(round->fd);
    else
        net_close(round->fd);
    free(piece);
    atomic_store(&round->over, true);
    return NULL;
}

/* Some large, some small, in any order. */
static void choose_lengths(struct round *round, uint64_t *random) {
    size_t left = ROUND_BYTES;
    round->writes = 1 + (unsigned)(pattern_random(random) % ROUND_WRITES);
    for (unsigned i = 0; i < round->writes; i++) {
        size_t length = left;
        if (i + 1 < round->writes)
            length = 1 + pattern_random(random) % (pattern_random(random) % 3 == 0 ? 2000 : left / 2);
        round->length[i] = length;
        left -= length;
    }
}

int round_begin(struct round *round, unsigned number, uint64_t seed) {
    uint64_t random = seed + number;
    int ours;
    pattern_random(&random);
    *round = (struct round){.number = number};
    round->ending = (enum ending)(pattern_random(&random) % ENDINGS);
    round->giving = (enum giving_back)(pattern_random(&random) % GIVINGS);
    round->slow = pattern_random(&random) % 100 < SLOW_PERCENT;
    round->shift = pattern_random(&random) % ROUND_BYTES;
    round->stop_at = pattern_random(&random) % ROUND_BYTES;
    choose_lengths(round, &random);
    net_tcp_pair(&ours, &round->fd);
    CHECK_INT(pthread_create(&round->thread, NULL, reader, round), 0);
    return ours;
}

bool round_closes_now(const struct round *round) {
    switch (round->ending) {
    case ENDING_CLOSE_LATER:
        return atomic_load(&round->got) >= round->stop_at;
    case ENDING_CLOSE_UNREAD:
    case ENDING_CLOSE_AT_ONCE:
        return true;
    case ENDING_WHOLE:
        return false;
    default:
        return atomic_load(&round->over);
    }
}

void round_end(struct round *round) {
    size_t got;
    CHECK_INT(pthread_join(round->thread, NULL), 0);
    got = atomic_load(&round->got);
    if (round->ending == ENDING_WHOLE)
        CHECK_INT(got, ROUND_BYTES);
    if (round->ending != ENDING_PEER_RESETS && round->ending != ENDING_PEER_CLOSES)
        CHECK_SAY(got >= round->promised, "round %u: %zu bytes were told as written, %zu arrived", round->number,
                  round->promised, got);
}

/* Memory that is used again at once, so that what the kernel still read would change under it. */
static void *kept;

static char *map(void) {
    char *memory = kept;
    if (memory) {
        memcpy(&kept, memory, sizeof kept);
        return memory;
    }
    memory = mmap(NULL, ROUND_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

char *round_memory(const struct round *round, size_t offset, size_t size) {
    char *memory = round->giving == GIVE_FREE ? malloc(size) : map();
    CHECK(memory);
    memcpy(memory, reference + round->shift + offset, size);
    return memory;
}

void round_give_back(enum giving_back giving, char *memory, size_t size) {
    memset(memory, 0xdb, size);
    switch (giving) {
    case GIVE_FREE:
        free(memory);
        return;
    case GIVE_UNMAP:
        CHECK_FD(munmap(memory, ROUND_BYTES));
        return;
    default:
        memcpy(memory, &kept, sizeof kept);
        kept = memory;
        return;
    }
}

static void unmap_kept(void) {
    while (kept) {
        char *memory = map();
        CHECK_FD(munmap(memory, ROUND_BYTES));
    }
}

static bool forced(void) {
    const char *setting = getenv("RINGBACK_ZEROCOPY");
    return check_has_ringback() && setting && strcmp(setting, "force") == 0;
}

/* The kernel seems to have no such sends. */
static bool masked(void) {
    const char *setting = getenv("RINGBACK_DISABLE");
    return check_has_ringback() && setting && strcmp(setting, "send_zc") == 0;
}

int round_proof(unsigned loops) {
    unmap_kept();
    printf("sends %llu, zero-copy %llu, notifications %llu, copied %llu, peak %llu bytes\n",
           (unsigned long long)check_counter("sends"), (unsigned long long)check_counter("sends_zc"),
           (unsigned long long)check_counter("zc_notifications"), (unsigned long long)check_counter("zc_copied"),
           (unsigned long long)check_counter("zc_pinned_bytes_peak"));
    fflush(stdout);
    CHECK_INT(check_counter("zc_pinned_bytes"), 0);
    if (forced() && within_limit)
        CHECK_SAY(check_counter("zc_memory") > 0, "what was copied for want of memory is not counted");
    else if (forced())
        CHECK_SAY(check_counter("sends_zc") > 0, "nothing left without a copy");
    CHECK(check_counter("zc_pinned_bytes_peak") <= PINNED_MOST * loops);
    if (masked()) {
        CHECK_INT(check_counter("sends_zc"), 0);
        CHECK_SAY(check_counter("zc_unsupported") > 0, "what was copied is not counted");
    }
    return check_passed();
}
