/* workload_kv - memcached's text protocol: every key set once, then one set to nine gets. */
#include "pattern.h"
#include "workload.h"

#include <stdbool.h>
#include <stdio.h>

enum { TURNS_PER_SET = 10 };

static const char stored[] = "STORED\r\n";
static const char line_end[] = "\r\n";
static const char value_end[] = "\r\nEND\r\n";

static unsigned kv_preload_turns(const struct workload *workload) {
    return workload->keys;
}

static void add_head(struct message *message, int length) {
    message_add(message, message->head, (size_t)length);
}

static const uint8_t *value_of(const struct workload *workload, const struct speaker *speaker, unsigned key) {
    const uint64_t place =
        (uint64_t)speaker->index * 7919 + key * UINT64_C(1031) + speaker->version[key] * UINT64_C(97);
    return workload->table + place % PATTERN_PERIOD;
}

static void kv_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                    struct message *answer) {
    /* The first round sets every key. After it every tenth request is a set, and the tenths shift by one key each time,
     * so that the sets wander over the keys. */
    const bool preload = speaker->turn < workload->keys;
    const uint64_t step = preload ? speaker->turn : speaker->turn + speaker->turn / TURNS_PER_SET;
    const unsigned key = (unsigned)(step % workload->keys);
    const unsigned c = speaker->index;
    if (preload || speaker->turn % TURNS_PER_SET == 0) {
        speaker->version[key]++;
        add_head(request, snprintf(request->head, sizeof(request->head), "set ringback:%u:%u 0 0 %zu\r\n", c, key,
                                   workload->size));
        message_add(request, value_of(workload, speaker, key), workload->size);
        message_add(request, line_end, sizeof(line_end) - 1);
        message_add(answer, stored, sizeof(stored) - 1);
        return;
    }
    add_head(request, snprintf(request->head, sizeof(request->head), "get ringback:%u:%u\r\n", c, key));
    add_head(answer,
             snprintf(answer->head, sizeof(answer->head), "VALUE ringback:%u:%u 0 %zu\r\n", c, key, workload->size));
    message_add(answer, value_of(workload, speaker, key), workload->size);
    message_add(answer, value_end, sizeof(value_end) - 1);
}

const struct workload_kind workload_kv = {.name = "kv",
                                          .meaning = "memcached's text protocol, one set to nine gets",
                                          .size_max = WORKLOAD_SIZE_MAX,
                                          .preload_turns = kv_preload_turns,
                                          .next = kv_next};
