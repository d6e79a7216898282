/* workload_get - a short request, and an answer of the size: from a server that goes on, one that closes the connection
 * after it, or one that computes after it. */
#include "order.h"
#include "workload.h"

static void order_next(const struct workload *workload, uint64_t turn, enum order_verb verb, struct message *request,
                       struct message *answer) {
    order_write(request->head, verb, workload->size);
    message_add(request, request->head, ORDER_LINE);
    message_add(answer, workload->table + order_slice(turn), workload->size);
}

static void get_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                     struct message *answer) {
    order_next(workload, speaker->turn, ORDER_GET, request, answer);
}

/* Each connection is a new one to the server. */
static void last_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                      struct message *answer) {
    (void)speaker;
    order_next(workload, 0, ORDER_LAST, request, answer);
}

static void work_next(const struct workload *workload, struct speaker *speaker, struct message *request,
                      struct message *answer) {
    order_next(workload, speaker->turn, ORDER_WORK, request, answer);
}

const struct workload_kind workload_get = {
    .name = "get", .meaning = "a short request, a long answer", .size_max = ORDER_BYTES_MAX, .next = get_next};

const struct workload_kind workload_last = {.name = "last",
                                            .meaning = "the same, and the server closes after it",
                                            .life = WORKLOAD_SERVER_CLOSES,
                                            .size_max = ORDER_BYTES_MAX,
                                            .next = last_next};

const struct workload_kind workload_work = {.name = "work",
                                            .meaning = "the same, and the server computes for 1 ms after it",
                                            .size_max = ORDER_BYTES_MAX,
                                            .next = work_next};
