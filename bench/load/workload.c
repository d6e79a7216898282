/* workload - see workload.h. */
#include "workload.h"
#include "pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All values of memcached together stay well under what it is started with: an evicted value would be no error of it.
 */
enum { KV_BYTES_ALL_MAX = 64 * 1024 * 1024 };

static const struct workload_kind *const kinds[] = {&workload_echo, &workload_kv,   &workload_get,
                                                    &workload_put,  &workload_last, &workload_work};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const struct workload_kind *workload_at(unsigned number) {
    return number < KINDS ? kinds[number] : NULL;
}

const struct workload_kind *workload_find(const char *name) {
    for (unsigned i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

int workload_make(struct workload *workload, const struct workload_kind *kind, size_t size, unsigned connections) {
    workload->kind = kind;
    workload->life = kind->life;
    workload->size = size;
    const size_t keys = (size_t)KV_BYTES_ALL_MAX / (size * connections);
    workload->keys = keys < 1 ? 1 : keys > WORKLOAD_KEYS_MAX ? WORKLOAD_KEYS_MAX : (unsigned)keys;
    workload->table = pattern_make(size);
    return workload->table == NULL ? -ENOMEM : 0;
}

void workload_free(struct workload *workload) {
    free(workload->table);
    workload->table = NULL;
}

unsigned workload_preload_turns(const struct workload *workload) {
    return workload->kind->preload_turns == NULL ? 0 : workload->kind->preload_turns(workload);
}

void workload_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                   struct message *answer) {
    message_begin(request);
    message_begin(answer);
    workload->kind->next(workload, speaker, request, answer);
    speaker->turn++;
}

void message_begin(struct message *message) {
    message->pieces = 0;
    message->bytes = 0;
}

void message_add(struct message *message, const void *bytes, size_t count) {
    message->piece[message->pieces] = (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    message->pieces++;
    message->bytes += count;
}
