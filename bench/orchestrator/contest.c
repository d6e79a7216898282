/* contest - see contest.h. */
#include "contest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* More bytes than this in flight at once measure the machine's memory, not the server: such rows are left out. */
#define BYTES_IN_FLIGHT_MAX UINT64_C(67108864)

static const char floor_program[] = "rb-limit-ring";
static const char streams[] = "libuv streams";
static const char bufferevents[] = "libevent bufferevents";
static const char raw_events[] = "raw libevent events";

static const struct contest contests[] = {
    {PLAN_ECHO, "uv-echo", streams, "rb-uv-echo", .adapter = CONTEST_ADAPTER_UV, .has_floor = true},
    {PLAN_ECHO, "uv-echo-pool", "libuv streams, pooled buffers", "rb-uv-echo-pool", .adapter = CONTEST_ADAPTER_UV,
     .has_floor = true, .is_thin = true},
    {PLAN_ECHO, "bev-echo", bufferevents, "rb-bev-echo", .adapter = CONTEST_ADAPTER_EVENT, .has_floor = true},
    {PLAN_ECHO, "raw-echo", raw_events, "rb-raw-echo", .adapter = CONTEST_ADAPTER_EVENT, .has_floor = true,
     .is_thin = true},
    {PLAN_HTTP, "http-hello", "libevent evhttp", "rb-http-hello", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_KV, "memcached", "Debian's memcached", "memcached", .adapter = CONTEST_ADAPTER_EVENT,
     .start = CONTEST_START_MEMCACHED},
    {PLAN_ECHO, "limit", "hand-written", "rb-limit-epoll", .ring_program = floor_program, .is_thin = true},
    {PLAN_CHURN, "uv-echo", streams, "rb-uv-echo", .adapter = CONTEST_ADAPTER_UV, .has_floor = true},
    {PLAN_CHURN, "bev-echo", bufferevents, "rb-bev-echo", .adapter = CONTEST_ADAPTER_EVENT, .has_floor = true},
    {PLAN_CHURN, "raw-echo", raw_events, "rb-raw-echo", .adapter = CONTEST_ADAPTER_EVENT, .has_floor = true},
    {PLAN_CHURN, "limit", "hand-written", "rb-limit-epoll", .ring_program = floor_program, .is_thin = true},
    {PLAN_CLOSE, "uv-answer", streams, "rb-uv-answer", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_CLOSE, "bev-answer", bufferevents, "rb-bev-answer", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_FETCH, "uv-answer", streams, "rb-uv-answer", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_FETCH, "bev-answer", bufferevents, "rb-bev-answer", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_STREAM_IN, "uv-answer", streams, "rb-uv-answer", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_STREAM_IN, "bev-answer", bufferevents, "rb-bev-answer", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_STREAM_OUT, "uv-answer", streams, "rb-uv-answer", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_STREAM_OUT, "bev-answer", bufferevents, "rb-bev-answer", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_STREAM_BOTH, "uv-echo", streams, "rb-uv-echo", .adapter = CONTEST_ADAPTER_UV, .has_floor = true},
    {PLAN_STREAM_BOTH, "bev-echo", bufferevents, "rb-bev-echo", .adapter = CONTEST_ADAPTER_EVENT, .has_floor = true},
    {PLAN_UDP, "uv-udp", "libuv datagrams", "rb-uv-udp", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_UDP, "uv-udp-many", "libuv datagrams by recvmmsg", "rb-uv-udp-many", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_UDP, "raw-udp", raw_events, "rb-raw-udp", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_UNIX, "uv-echo", "libuv local sockets", "rb-uv-echo", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_UNIX, "bev-echo", bufferevents, "rb-bev-echo", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_UNIX, "raw-echo", raw_events, "rb-raw-echo", .adapter = CONTEST_ADAPTER_EVENT, .is_thin = true},
    {PLAN_PIPES, "uv-pipes", "libuv pipes", "rb-uv-pipes", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_WORK, "uv-answer", streams, "rb-uv-answer", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_WORK, "bev-answer", bufferevents, "rb-bev-answer", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_PACE, "uv-echo", streams, "rb-uv-echo", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_PACE, "bev-echo", bufferevents, "rb-bev-echo", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_PACE, "raw-echo", raw_events, "rb-raw-echo", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_IDLE, "uv-echo", streams, "rb-uv-echo", .adapter = CONTEST_ADAPTER_UV},
    {PLAN_IDLE, "bev-echo", bufferevents, "rb-bev-echo", .adapter = CONTEST_ADAPTER_EVENT},
    {PLAN_IDLE, "raw-echo", raw_events, "rb-raw-echo", .adapter = CONTEST_ADAPTER_EVENT},
};
enum { CONTESTS = sizeof(contests) / sizeof(contests[0]) };

bool contest_known(const char *name) {
    for (size_t i = 0; i < CONTESTS; i++) {
        if (strcmp(contests[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *contest_names(void) {
    static char names[512];
    names[0] = '\0';
    for (size_t i = 0; i < CONTESTS; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i; k++) {
            is_new = is_new && strcmp(contests[k].name, contests[i].name) != 0;
        }
        const size_t used = strlen(names);
        if (is_new) {
            (void)snprintf(names + used, sizeof(names) - used, "%s%s", used == 0 ? "" : ", ", contests[i].name);
        }
    }
    return names;
}

const struct plan *contest_plan(const struct contest *contest) {
    return plan_at(contest->plan);
}

int contest_sides(const struct contest *contest) {
    return contest->has_floor ? CONTEST_SIDES_MAX : CONTEST_SIDES_MAX - 1;
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

static bool is_listed(const char *name, const char *const *list, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct options *options, const struct contest *contest) {
    const struct plan *plan = contest_plan(contest);
    const bool by_plan = options->workload_count > 0 ? is_listed(plan->name, options->workload, options->workload_count)
                                                     : options->full || plan->is_quick;
    return by_plan && (options->only_count == 0 || is_listed(contest->name, options->only, options->only_count));
}

static struct plan_list sizes_for(const struct options *options, const struct plan *plan) {
    if (options->size_count > 0 && plan->load != PLAN_LOAD_WRK) {
        return (struct plan_list){options->size, options->size_count};
    }
    return options->full ? plan->full_sizes : plan->quick_sizes;
}

static struct plan_list connections_for(const struct options *options, const struct contest *contest) {
    const struct plan *plan = contest_plan(contest);
    if (options->connections_count > 0) {
        return (struct plan_list){options->connections, options->connections_count};
    }
    if (!options->full) {
        return plan->quick_connections;
    }
    return contest->is_thin ? plan->thin_connections : plan->full_connections;
}

/* The rows of one contest. Returns the number of all rows so far. */
static size_t add_rows(const struct options *options, const struct contest *contest, struct contest_row *rows,
                       size_t count) {
    const struct plan_list sizes = sizes_for(options, contest_plan(contest));
    const struct plan_list connections = connections_for(options, contest);
    for (size_t s = 0; s < sizes.count; s++) {
        for (size_t c = 0; c < connections.count && count < CONTEST_ROWS_MAX; c++) {
            const struct contest_row row = {contest, sizes.item[s], connections.item[c]};
            const bool is_chosen = options->size_count > 0 || options->connections_count > 0;
            if (is_chosen || (uint64_t)row.size * row.connections <= BYTES_IN_FLIGHT_MAX) {
                rows[count] = row;
                count++;
            }
        }
    }
    return count;
}

size_t contest_rows(const struct options *options, struct contest_row *rows) {
    size_t count = 0;
    for (size_t i = 0; i < CONTESTS; i++) {
        if (is_wanted(options, &contests[i])) {
            count = add_rows(options, &contests[i], rows, count);
        }
    }
    return count;
}
