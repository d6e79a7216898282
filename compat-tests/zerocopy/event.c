/* Memory that is added to an output buffer by reference belongs to the program again in its cleanup callback, which
 * comes once, whether the bytes went, the bufferevent was freed before, or its base was: it is rewritten there, and
 * freed or unmapped or used again. No byte is wrong at the peer.
 *
 *   zerocopy-event [--rounds N] [--seed N] [--memlock BYTES] */
#include "check.h"
#include "event_loop.h"
#include "round.h"

#include <stdlib.h>

enum { SMALL = 512, ROUNDS_A_BASE = 100, PATIENCE_MS = 5000 };

struct slot {
    struct round round;
    struct bufferevent *bev;
    bool busy, written, closed;
};

struct reference {
    enum giving_back giving;
    size_t size;
};

static struct event_base *base;
static struct slot slots[ROUND_SLOTS];
static struct round_options options;
static unsigned begun, ended, pause_at, bases;
static unsigned long added, cleaned;
static bool all;

static void cleanup(const void *bytes, size_t size, void *arg) {
    struct reference *reference = arg;
    CHECK_INT(size, reference->size);
    round_give_back(reference->giving, (char *)(uintptr_t)bytes, size);
    cleaned++;
    free(reference);
}

static void close_stream(struct slot *slot) {
    slot->closed = true;
    bufferevent_free(slot->bev);
    atomic_store(&slot->round.closed, true);
}

/* All has left for the socket. */
static void on_output_empty(struct bufferevent *bev, void *arg) {
    struct slot *slot = arg;
    (void)bev;
    if (!slot->written)
        return;
    slot->round.promised = ROUND_BYTES;
    if (slot->round.ending == ENDING_WHOLE && !slot->closed)
        close_stream(slot);
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    struct slot *slot = arg;
    (void)bev;
    CHECK_SAY(slot->round.ending != ENDING_WHOLE, "round %u: event 0x%x", slot->round.number, (unsigned)what);
    if (!slot->closed)
        close_stream(slot);
}

static void add(struct slot *slot, size_t offset, size_t size) {
    struct evbuffer *output = bufferevent_get_output(slot->bev);
    char *memory = round_memory(&slot->round, offset, size);
    if (size <= SMALL) {
        CHECK_INT(evbuffer_add(output, memory, size), 0);
        round_give_back(slot->round.giving, memory, size);
        return;
    }
    struct reference *reference = malloc(sizeof *reference);
    CHECK(reference);
    *reference = (struct reference){.giving = slot->round.giving, .size = size};
    CHECK_INT(evbuffer_add_reference(output, memory, size, cleanup, reference), 0);
    added++;
}

static void on_read(struct bufferevent *bev, void *arg) {
    struct slot *slot = arg;
    size_t offset = 0;
    struct evbuffer *input = bufferevent_get_input(bev);
    CHECK_INT(evbuffer_drain(input, evbuffer_get_length(input)), 0);
    for (unsigned i = 0; i < slot->round.writes; i++) {
        add(slot, offset, slot->round.length[i]);
        offset += slot->round.length[i];
    }
    slot->written = true;
    if (slot->round.ending == ENDING_CLOSE_AT_ONCE)
        close_stream(slot);
}

static void begin(struct slot *slot) {
    *slot = (struct slot){.busy = true};
    slot->bev = bufferevent_socket_new(base, round_begin(&slot->round, begun, options.seed), BEV_OPT_CLOSE_ON_FREE);
    CHECK(slot->bev);
    bufferevent_setcb(slot->bev, on_read, on_output_empty, on_event, slot);
    CHECK_INT(bufferevent_enable(slot->bev, EV_READ), 0);
    begun++;
}

/* In the last rounds of a base everything is closed at once, so that it goes while the kernel still reads. */
static void look(evutil_socket_t fd, short what, void *arg) {
    bool idle = true;
    (void)fd, (void)what, (void)arg;
    for (struct slot *slot = slots; slot < slots + ROUND_SLOTS; slot++) {
        if (slot->busy && slot->closed && atomic_load(&slot->round.over)) {
            round_end(&slot->round);
            slot->busy = false;
            ended++;
        } else if (slot->written && !slot->closed && round_closes_now(&slot->round)) {
            close_stream(slot);
        }
        if (!slot->busy && begun < pause_at)
            begin(slot);
        idle = idle && (!slot->busy || slot->closed);
    }
    all = idle && begun == pause_at;
}

/* Rounds until it is time for another base. */
static void run_base(void) {
    static const struct timeval each = {0, 1000};
    struct event *timer;
    base = evl_base();
    bases++;
    timer = event_new(base, -1, EV_PERSIST, look, NULL);
    CHECK(timer);
    CHECK_INT(event_add(timer, &each), 0);
    pause_at = begun + ROUNDS_A_BASE < options.rounds ? begun + ROUNDS_A_BASE : options.rounds;
    all = false;
    evl_run_until(base, &all);
    event_free(timer);
    event_base_free(base);
}

/* What the last base has left: its thread waits in some other loop. */
static void finish(void) {
    double until = check_now_ms() + check_scaled(PATIENCE_MS);
    base = evl_base();
    for (struct slot *slot = slots; slot < slots + ROUND_SLOTS; slot++)
        if (slot->busy) {
            round_end(&slot->round);
            ended++;
        }
    while (cleaned < added && check_now_ms() < until)
        evl_run_for(base, 5);
    CHECK_INT(ended, options.rounds);
    CHECK_INT(cleaned, added);
    evl_end(base);
}

int main(int argc, char **argv) {
    options = round_options(argc, argv);
    while (begun < options.rounds)
        run_base();
    finish();
    return round_proof(bases);
}
