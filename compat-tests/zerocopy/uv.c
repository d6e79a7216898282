/* uv_write's buffers belong to the program again in the write's callback, whatever became of the write and of the
 * handle: they are rewritten there, and freed or unmapped or used again. No byte is wrong at the peer.
 *
 *   zerocopy-uv [--rounds N] [--seed N] [--memlock BYTES] */
#include "check.h"
#include "round.h"
#include "uv_loop.h"

#include <stdlib.h>

enum { PIECES_MOST = 8 };

struct slot {
    struct round round;
    uv_tcp_t stream;
    unsigned told;
    bool busy, written, closing, gone;
};

struct write {
    uv_write_t request;
    struct slot *slot;
    char *memory;
    size_t size;
};

static uv_loop_t loop;
static struct slot slots[ROUND_SLOTS];
static struct round_options options;
static unsigned begun, ended;
static bool all;

static void on_closed(uv_handle_t *handle) {
    struct slot *slot = handle->data;
    CHECK_SAY(slot->told == slot->round.writes, "closed before all writes were told");
    slot->gone = true;
}

static void close_stream(struct slot *slot) {
    slot->closing = true;
    uv_close((uv_handle_t *)&slot->stream, on_closed);
    atomic_store(&slot->round.closed, true);
}

static void on_shut(uv_shutdown_t *request, int status) {
    struct slot *slot = request->handle->data;
    CHECK(status == 0 || status == UV_ENOTCONN);
    close_stream(slot);
    free(request);
}

static void on_written(uv_write_t *request, int status) {
    struct write *write = (struct write *)request;
    struct slot *slot = write->slot;
    round_give_back(slot->round.giving, write->memory, write->size);
    slot->told++;
    if (status == 0)
        slot->round.promised += write->size;
    else
        CHECK_SAY(slot->round.ending != ENDING_WHOLE, "round %u: %s", slot->round.number, uv_strerror(status));
    free(write);
    if (slot->round.ending == ENDING_WHOLE && slot->told == slot->round.writes) {
        uv_shutdown_t *shut = malloc(sizeof *shut);
        CHECK(shut);
        CHECK_UV(uv_shutdown(shut, (uv_stream_t *)&slot->stream, on_shut));
    }
}

static void write_one(struct slot *slot, size_t offset, size_t size, unsigned pieces) {
    uv_buf_t bufs[PIECES_MOST];
    struct write *write = malloc(sizeof *write);
    CHECK(write);
    write->slot = slot;
    write->size = size;
    write->memory = round_memory(&slot->round, offset, size);
    for (unsigned i = 0; i < pieces; i++) {
        size_t from = size / pieces * i, to = i + 1 < pieces ? size / pieces * (i + 1) : size;
        bufs[i] = uv_buf_init(write->memory + from, (unsigned)(to - from));
    }
    CHECK_UV(uv_write(&write->request, (uv_stream_t *)&slot->stream, bufs, pieces, on_written));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    struct slot *slot = stream->data;
    size_t offset = 0;
    (void)buf;
    if (got < 0)
        CHECK_UV(uv_read_stop(stream));
    if (got <= 0)
        return;
    for (unsigned i = 0; i < slot->round.writes; i++) {
        write_one(slot, offset, slot->round.length[i], 1 + (slot->round.number + i) % PIECES_MOST);
        offset += slot->round.length[i];
    }
    slot->written = true;
    if (slot->round.ending == ENDING_CLOSE_AT_ONCE)
        close_stream(slot);
}

static void begin(struct slot *slot) {
    *slot = (struct slot){.busy = true};
    CHECK_UV(uv_tcp_init(&loop, &slot->stream));
    slot->stream.data = slot;
    CHECK_UV(uv_tcp_open(&slot->stream, round_begin(&slot->round, begun, options.seed)));
    begun++;
    CHECK_UV(uv_read_start((uv_stream_t *)&slot->stream, uvl_alloc, on_read));
}

static void look(uv_timer_t *timer) {
    for (struct slot *slot = slots; slot < slots + ROUND_SLOTS; slot++) {
        if (slot->busy && slot->gone) {
            round_end(&slot->round);
            slot->busy = false;
            ended++;
        } else if (slot->written && !slot->closing && round_closes_now(&slot->round)) {
            close_stream(slot);
        }
        if (!slot->busy && begun < options.rounds)
            begin(slot);
    }
    all = ended == options.rounds;
    if (all)
        uv_close((uv_handle_t *)timer, NULL);
}

int main(int argc, char **argv) {
    uv_timer_t timer;
    options = round_options(argc, argv);
    CHECK_UV(uv_loop_init(&loop));
    CHECK_UV(uv_timer_init(&loop, &timer));
    CHECK_UV(uv_timer_start(&timer, look, 0, 1));
    uvl_run_until(&loop, &all);
    uvl_end(&loop);
    return round_proof(1);
}
