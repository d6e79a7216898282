/* workload - see workload.h. */
#include "workload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A prime, so that no power of two of bytes lost or doubled lands on the same bytes again; small enough to stay in the
 * second-level cache beside a server's own data. */
enum { TABLE_PERIOD = 16381 };

enum { TURNS_PER_SET = 10, KV_BYTES_ALL_MAX = 64 * 1024 * 1024 };

static const char kv_stored[] = "STORED\r\n";
static const char kv_line_end[] = "\r\n";
static const char kv_value_end[] = "\r\nEND\r\n";

int workload_make(struct workload *workload, enum workload_kind kind, size_t size, unsigned connections) {
    const size_t bytes = size + TABLE_PERIOD;
    workload->kind = kind;
    workload->size = size;
    /* All values together stay well under what memcached is started with: an evicted value would be no error of it. */
    const size_t keys = (size_t)KV_BYTES_ALL_MAX / (size * connections);
    workload->keys = keys < 1 ? 1 : keys > WORKLOAD_KEYS_MAX ? WORKLOAD_KEYS_MAX : (unsigned)keys;
    workload->table = malloc(bytes);
    if (workload->table == NULL) {
        return -ENOMEM;
    }
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < TABLE_PERIOD; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        workload->table[i] = (uint8_t)(state >> 32);
    }
    for (size_t i = TABLE_PERIOD; i < bytes; i++) {
        workload->table[i] = workload->table[i - TABLE_PERIOD];
    }
    return 0;
}

void workload_free(struct workload *workload) {
    free(workload->table);
    workload->table = NULL;
}

unsigned workload_preload_turns(const struct workload *workload) {
    return workload->kind == WORKLOAD_KV ? workload->keys : 0;
}

static void message_begin(struct message *message) {
    message->pieces = 0;
    message->bytes = 0;
}

static void message_add(struct message *message, const void *bytes, size_t count) {
    message->piece[message->pieces] = (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    message->pieces++;
    message->bytes += count;
}

static void message_add_head(struct message *message, int length) {
    message_add(message, message->head, (size_t)length);
}

static void echo_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                      struct message *answer) {
    const uint64_t place = (uint64_t)speaker->index * 7919 + speaker->turn * workload->size;
    message_begin(request);
    message_add(request, workload->table + place % TABLE_PERIOD, workload->size);
    message_begin(answer);
    message_add(answer, workload->table + place % TABLE_PERIOD, workload->size);
}

static const uint8_t *kv_value(const struct workload *workload, const struct speaker *speaker, unsigned key) {
    const uint64_t place =
        (uint64_t)speaker->index * 7919 + key * UINT64_C(1031) + speaker->version[key] * UINT64_C(97);
    return workload->table + place % TABLE_PERIOD;
}

static void kv_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                    struct message *answer) {
    /* The first round sets every key. After it every tenth request is a set, and the tenths shift by one key each time,
     * so that the sets wander over the keys. */
    const bool preload = speaker->turn < workload->keys;
    const uint64_t step = preload ? speaker->turn : speaker->turn + speaker->turn / TURNS_PER_SET;
    const unsigned key = (unsigned)(step % workload->keys);
    const unsigned c = speaker->index;
    message_begin(request);
    message_begin(answer);
    if (preload || speaker->turn % TURNS_PER_SET == 0) {
        speaker->version[key]++;
        message_add_head(request, snprintf(request->head, sizeof(request->head), "set ringback:%u:%u 0 0 %zu\r\n", c,
                                           key, workload->size));
        message_add(request, kv_value(workload, speaker, key), workload->size);
        message_add(request, kv_line_end, sizeof(kv_line_end) - 1);
        message_add(answer, kv_stored, sizeof(kv_stored) - 1);
        return;
    }
    message_add_head(request, snprintf(request->head, sizeof(request->head), "get ringback:%u:%u\r\n", c, key));
    message_add_head(
        answer, snprintf(answer->head, sizeof(answer->head), "VALUE ringback:%u:%u 0 %zu\r\n", c, key, workload->size));
    message_add(answer, kv_value(workload, speaker, key), workload->size);
    message_add(answer, kv_value_end, sizeof(kv_value_end) - 1);
}

void workload_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                   struct message *answer) {
    switch (workload->kind) {
    case WORKLOAD_ECHO:
        echo_next(workload, speaker, request, answer);
        break;
    case WORKLOAD_KV:
        kv_next(workload, speaker, request, answer);
        break;
    }
    speaker->turn++;
}
