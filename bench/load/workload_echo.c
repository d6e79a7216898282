/* workload_echo - the answer is the request. */
#include "pattern.h"
#include "workload.h"

static void echo_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                      struct message *answer) {
    const uint64_t place = (uint64_t)speaker->index * 7919 + speaker->turn * workload->size;
    message_add(request, workload->table + place % PATTERN_PERIOD, workload->size);
    message_add(answer, workload->table + place % PATTERN_PERIOD, workload->size);
}

const struct workload_kind workload_echo = {
    .name = "echo", .meaning = "the answer is the request", .size_max = WORKLOAD_SIZE_MAX, .next = echo_next};
