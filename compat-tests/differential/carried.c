#include "carried.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { CARRIER_RING = 2, MOVES_MOST = 8 };

static const char *const names[] = {"polls", "recv_completions", "accepts", "passthrough_fds"};

/* In the process if Ringback is. */
static void find(const char *name, void *function) {
    void *symbol = dlsym(RTLD_DEFAULT, name);

    memcpy(function, &symbol, sizeof symbol);
}

void carried_count_loops(struct carried *carried, const struct twin *twin) {
    int (*carrier)(int epfd);

    find("ringback_carrier", &carrier);
    for (unsigned i = 0; i < LOOPS; i++) {
        if (!twin->waited[i] || twin->watched[i] || twin->moves[i] >= MOVES_MOST)
            continue;
        carried->loops++;
        carried->on_ring += carrier && carrier(twin->loops[i][LIBC]) == CARRIER_RING;
    }
}

void carried_count_process(struct carried *carried) {
    uint64_t (*counter)(const char *name);

    find("ringback_counter", &counter);
    for (unsigned i = 0; counter && i < sizeof names / sizeof names[0]; i++)
        carried->counters[i] += counter(names[i]);
}

void carried_print(const struct carried *carried) {
    printf("the ring carried %llu of %llu loops", (unsigned long long)carried->on_ring,
           (unsigned long long)carried->loops);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        printf(", %llu %s", (unsigned long long)carried->counters[i], names[i]);
    putchar('\n');
}
