/* plan - see plan.h. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

#define LIST(...)                                                                                                      \
    { .item = (const unsigned[]){__VA_ARGS__}, .count = sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned) }

enum { JUDGES_USUAL = PLAN_JUDGES_THROUGHPUT | PLAN_JUDGES_CPU };

static const struct plan plans[PLANS] = {
    [PLAN_ECHO] = {.name = "echo",
                   .meaning = "each request is answered with itself",
                   .is_quick = true,
                   .judged = JUDGES_USUAL,
                   .windows = 1,
                   .slice_ms_min = 30,
                   .quick_sizes = LIST(64, KIB, 16 * KIB),
                   .quick_connections = LIST(64),
                   .full_sizes = LIST(64, KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB),
                   .full_connections = LIST(1, 4, 16, 64, 256, 1000, 10000),
                   .thin_connections = LIST(1, 16, 256)},
    [PLAN_CHURN] = {.name = "churn",
                    .meaning = "connect, one request, the client closes",
                    .argument = {"--churn"},
                    .judged = JUDGES_USUAL,
                    .windows = 1,
                    .slice_ms_min = 100,
                    .quick_sizes = LIST(64),
                    .quick_connections = LIST(64),
                    .full_sizes = LIST(64),
                    .full_connections = LIST(1, 16, 64, 256),
                    .thin_connections = LIST(64)},
    [PLAN_CLOSE] = {.name = "close",
                    .meaning = "connect, one request, the server closes",
                    .argument = {"--workload", "last"},
                    .judged = JUDGES_USUAL,
                    .windows = 1,
                    .slice_ms_min = 100,
                    .quick_sizes = LIST(64),
                    .quick_connections = LIST(64),
                    .full_sizes = LIST(64, 16 * KIB),
                    .full_connections = LIST(1, 16, 64)},
    [PLAN_FETCH] = {.name = "fetch",
                    .meaning = "a short request, a large answer",
                    .argument = {"--workload", "get"},
                    .judged = JUDGES_USUAL,
                    .windows = 1,
                    .slice_ms_min = 30,
                    .quick_sizes = LIST(64 * KIB),
                    .quick_connections = LIST(16),
                    .full_sizes = LIST(16 * KIB, 64 * KIB, 256 * KIB, MIB),
                    .full_connections = LIST(1, 16, 64)},
    [PLAN_STREAM_IN] = {.name = "stream-in",
                        .meaning = "large requests, a short answer to each",
                        .argument = {"--workload", "put"},
                        .judged = JUDGES_USUAL,
                        .windows = 1,
                        .slice_ms_min = 60,
                        .quick_sizes = LIST(4 * MIB),
                        .quick_connections = LIST(4),
                        .full_sizes = LIST(64 * KIB, 4 * MIB),
                        .full_connections = LIST(1, 16)},
    [PLAN_STREAM_OUT] = {.name = "stream-out",
                         .meaning = "short requests, answers of several MiB",
                         .argument = {"--workload", "get"},
                         .judged = JUDGES_USUAL,
                         .windows = 1,
                         .slice_ms_min = 60,
                         .quick_sizes = LIST(4 * MIB),
                         .quick_connections = LIST(4),
                         .full_sizes = LIST(4 * MIB),
                         .full_connections = LIST(1, 4, 16)},
    [PLAN_STREAM_BOTH] = {.name = "stream-both",
                          .meaning = "echo of several MiB: both directions are busy at once",
                          .judged = JUDGES_USUAL,
                          .windows = 1,
                          .slice_ms_min = 60,
                          .quick_sizes = LIST(4 * MIB),
                          .quick_connections = LIST(4),
                          .full_sizes = LIST(4 * MIB),
                          .full_connections = LIST(1, 4, 16)},
    [PLAN_UDP] = {.name = "udp",
                  .meaning = "echo of datagrams, one outstanding on each client socket",
                  .transport = PLAN_UDP_TRANSPORT,
                  .judged = JUDGES_USUAL,
                  .windows = 1,
                  .slice_ms_min = 30,
                  .quick_sizes = LIST(64),
                  .quick_connections = LIST(16, 64),
                  .full_sizes = LIST(64, KIB),
                  .full_connections = LIST(1, 16, 64)},
    [PLAN_UNIX] = {.name = "unix",
                   .meaning = "echo over AF_UNIX stream sockets",
                   .transport = PLAN_UNIX_TRANSPORT,
                   .judged = JUDGES_USUAL,
                   .windows = 1,
                   .slice_ms_min = 30,
                   .quick_sizes = LIST(KIB),
                   .quick_connections = LIST(64),
                   .full_sizes = LIST(64, KIB, 16 * KIB, 256 * KIB),
                   .full_connections = LIST(1, 64),
                   .thin_connections = LIST(64)},
    [PLAN_PIPES] = {.name = "pipes",
                    .meaning = "echo over pairs of pipes",
                    .transport = PLAN_FIFO_TRANSPORT,
                    .judged = JUDGES_USUAL,
                    .windows = 1,
                    .slice_ms_min = 30,
                    .quick_sizes = LIST(KIB),
                    .quick_connections = LIST(16),
                    .full_sizes = LIST(64, 16 * KIB),
                    .full_connections = LIST(1, 64)},
    [PLAN_WORK] = {.name = "work",
                   .meaning = "all ask at once every 32 ms; the server computes for 1 ms after each answer",
                   .argument = {"--workload", "work", "--pace-us", "32000"},
                   .judged = PLAN_JUDGES_CPU | PLAN_JUDGES_P50 | PLAN_JUDGES_P99,
                   .windows = 4,
                   .slice_ms_min = 400,
                   .quick_sizes = LIST(64),
                   .quick_connections = LIST(16),
                   .full_sizes = LIST(64),
                   .full_connections = LIST(4, 16)},
    [PLAN_PACE] = {.name = "pace",
                   .meaning = "a request every 5 ms",
                   .argument = {"--pace-us", "5000"},
                   .judged = PLAN_JUDGES_CPU | PLAN_JUDGES_P50,
                   .windows = 6,
                   .slice_ms_min = 300,
                   .quick_sizes = LIST(64),
                   .quick_connections = LIST(1),
                   .full_sizes = LIST(64),
                   .full_connections = LIST(1)},
    [PLAN_IDLE] = {.name = "idle",
                   .meaning = "connections that were used and are silent: CPU time and memory",
                   .load = PLAN_LOAD_IDLE,
                   .argument = {"--idle"},
                   .judged = PLAN_JUDGES_IDLE,
                   .windows = 1,
                   .slice_ms_min = 1,
                   .quick_sizes = LIST(64),
                   .quick_connections = LIST(1000),
                   .full_sizes = LIST(64),
                   .full_connections = LIST(10000)},
    [PLAN_HTTP] = {.name = "http",
                   .meaning = "HTTP with keep-alive, by wrk",
                   .load = PLAN_LOAD_WRK,
                   .is_quick = true,
                   .judged = JUDGES_USUAL,
                   .windows = 1,
                   .slice_ms_min = 1,
                   .quick_sizes = LIST(0),
                   .quick_connections = LIST(64),
                   .full_sizes = LIST(0),
                   .full_connections = LIST(1, 64, 256)},
    [PLAN_KV] = {.name = "kv",
                 .meaning = "memcached's text protocol, one set to nine gets",
                 .argument = {"--workload", "kv"},
                 .is_quick = true,
                 .judged = JUDGES_USUAL,
                 .windows = 1,
                 .slice_ms_min = 30,
                 .quick_sizes = LIST(KIB),
                 .quick_connections = LIST(64),
                 .full_sizes = LIST(KIB, 16 * KIB),
                 .full_connections = LIST(1, 64, 256)},
};

const struct plan *plan_at(enum plan_id id) {
    return &plans[id];
}

const struct plan *plan_find(const char *name) {
    for (int i = 0; i < PLANS; i++) {
        if (strcmp(plans[i].name, name) == 0) {
            return &plans[i];
        }
    }
    return NULL;
}

const char *plan_names(void) {
    static char names[256];
    names[0] = '\0';
    for (int i = 0; i < PLANS; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof(names) - used, "%s%s", used == 0 ? "" : ", ", plans[i].name);
    }
    return names;
}
