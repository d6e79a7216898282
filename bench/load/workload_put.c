/* workload_put - a long request, and a short answer. The server counts the bytes each time; their checksum, which costs
 * as much as moving them, is asked for with each connection's first request and then now and then. */
#include "order.h"
#include "pattern.h"
#include "workload.h"

enum { TURNS_PER_SUM = 64 };

static void put_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                     struct message *answer) {
    const uint8_t *bytes =
        workload->table + ((uint64_t)speaker->index * 7919 + order_slice(speaker->turn)) % PATTERN_PERIOD;
    const enum order_verb verb = speaker->turn % TURNS_PER_SUM == 0 ? ORDER_SUM : ORDER_PUT;
    order_write(request->head, verb, workload->size);
    message_add(request, request->head, ORDER_LINE);
    message_add(request, bytes, workload->size);
    order_write(answer->head, verb, verb == ORDER_SUM ? pattern_sum(0, bytes, workload->size) : workload->size);
    message_add(answer, answer->head, ORDER_LINE);
}

const struct workload_kind workload_put = {
    .name = "put", .meaning = "a long request, a short answer", .size_max = ORDER_BYTES_MAX, .next = put_next};
