/* contest - see contest.h. */
#include "contest.h"

#include <stdbool.h>
#include <string.h>

static const char floor_program[] = "rb-limit-ring";

static const struct contest contests[] = {
    {"uv-echo", "libuv streams", "rb-uv-echo", NULL, CONTEST_ADAPTER_UV, CONTEST_LOAD_ECHO},
    {"uv-echo-pool", "libuv streams, pooled buffers", "rb-uv-echo-pool", NULL, CONTEST_ADAPTER_UV, CONTEST_LOAD_ECHO},
    {"bev-echo", "libevent bufferevents", "rb-bev-echo", NULL, CONTEST_ADAPTER_EVENT, CONTEST_LOAD_ECHO},
    {"raw-echo", "raw libevent events", "rb-raw-echo", NULL, CONTEST_ADAPTER_EVENT, CONTEST_LOAD_ECHO},
    {"http-hello", "libevent evhttp", "rb-http-hello", NULL, CONTEST_ADAPTER_EVENT, CONTEST_LOAD_WRK},
    {"memcached", "Debian's memcached", "memcached", NULL, CONTEST_ADAPTER_EVENT, CONTEST_LOAD_KV},
    {"limit", "hand-written", "rb-limit-epoll", floor_program, CONTEST_ADAPTER_NONE, CONTEST_LOAD_ECHO},
};
enum { CONTESTS = sizeof(contests) / sizeof(contests[0]) };

struct list {
    const unsigned *item;
    size_t count;
};

static const unsigned quick_sizes[] = {64, 1024, 16 * 1024};
static const unsigned quick_kv_sizes[] = {1024};
static const unsigned quick_connections[] = {64};
static const unsigned full_sizes[] = {64, 1024, 16 * 1024, 256 * 1024};
static const unsigned full_connections[] = {1, 16, 64, 256, 1000};
static const unsigned no_size[] = {0};

#define LIST_OF(array) ((struct list){(array), sizeof(array) / sizeof((array)[0])})

const struct contest *contest_find(const char *name) {
    for (size_t i = 0; i < CONTESTS; i++) {
        if (strcmp(contests[i].name, name) == 0) {
            return &contests[i];
        }
    }
    return NULL;
}

const char *contest_names(void) {
    return "uv-echo, uv-echo-pool, bev-echo, raw-echo, http-hello, memcached, limit";
}

int contest_sides(const struct contest *contest) {
    const bool has_floor = contest->load == CONTEST_LOAD_ECHO && contest->adapter != CONTEST_ADAPTER_NONE;
    return has_floor ? CONTEST_SIDES_MAX : CONTEST_SIDES_MAX - 1;
}

const char *contest_side_name(enum contest_side side) {
    static const char *const names[CONTEST_SIDES_MAX] = {
        [CONTEST_EPOLL] = "epoll", [CONTEST_RING] = "ring", [CONTEST_FLOOR] = "floor"};
    return names[side];
}

const char *contest_program(const struct contest *contest, enum contest_side side) {
    switch (side) {
    case CONTEST_EPOLL:
        break;
    case CONTEST_RING:
        return contest->ring_program != NULL ? contest->ring_program : contest->program;
    case CONTEST_FLOOR:
        return floor_program;
    }
    return contest->program;
}

static bool is_wanted(const struct options *options, const struct contest *contest) {
    for (unsigned i = 0; i < options->only_count; i++) {
        if (contest_find(options->only[i]) == contest) {
            return true;
        }
    }
    return options->only_count == 0;
}

static struct list sizes_for(const struct options *options, const struct contest *contest) {
    if (contest->load == CONTEST_LOAD_WRK) {
        return LIST_OF(no_size);
    }
    if (options->size_count > 0) {
        return (struct list){options->size, options->size_count};
    }
    if (options->full) {
        return LIST_OF(full_sizes);
    }
    return contest->load == CONTEST_LOAD_KV ? LIST_OF(quick_kv_sizes) : LIST_OF(quick_sizes);
}

static struct list connections_for(const struct options *options) {
    if (options->connections_count > 0) {
        return (struct list){options->connections, options->connections_count};
    }
    return options->full ? LIST_OF(full_connections) : LIST_OF(quick_connections);
}

size_t contest_rows(const struct options *options, struct contest_row *rows) {
    size_t count = 0;
    const struct list connections = connections_for(options);
    for (size_t i = 0; i < CONTESTS; i++) {
        if (!is_wanted(options, &contests[i])) {
            continue;
        }
        const struct list sizes = sizes_for(options, &contests[i]);
        for (size_t s = 0; s < sizes.count; s++) {
            for (size_t c = 0; c < connections.count && count < CONTEST_ROWS_MAX; c++) {
                rows[count] = (struct contest_row){&contests[i], sizes.item[s], connections.item[c]};
                count++;
            }
        }
    }
    return count;
}
