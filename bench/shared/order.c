/* order - see order.h. */
#include "order.h"
#include "pattern.h"
#include "tcp.h"

#include <stdio.h>
#include <string.h>

enum { VERB_LENGTH = 4, DIGITS = 18, SLICE_STEP = 97, WORK_NS = 1000000 };

static const char verbs[ORDER_VERBS][VERB_LENGTH + 1] = {
    [ORDER_GET] = "GET ", [ORDER_LAST] = "LAST", [ORDER_WORK] = "WORK", [ORDER_PUT] = "PUT ", [ORDER_SUM] = "SUM "};

void order_write(char line[ORDER_LINE + 1], enum order_verb verb, uint64_t number) {
    /* A checksum of 64 bits is shortened to what has room. */
    const unsigned long long shown = number % UINT64_C(1000000000000000000);
    (void)snprintf(line, ORDER_LINE + 1, "%s %018llu\n", verbs[verb], shown);
}

bool order_read(struct order *order, const char line[ORDER_LINE]) {
    if (line[VERB_LENGTH] != ' ' || line[ORDER_LINE - 1] != '\n') {
        return false;
    }
    char digits[DIGITS + 1] = "";
    memcpy(digits, line + VERB_LENGTH + 1, DIGITS);
    if (!tcp_parse_number(digits, 1, ORDER_BYTES_MAX, &order->number)) {
        return false;
    }
    for (int verb = 0; verb < ORDER_VERBS; verb++) {
        if (memcmp(line, verbs[verb], VERB_LENGTH) == 0) {
            order->verb = (enum order_verb)verb;
            return true;
        }
    }
    return false;
}

size_t order_slice(uint64_t nth) {
    return (size_t)(nth * SLICE_STEP % PATTERN_PERIOD);
}

void order_work(void) {
    const uint64_t end_ns = tcp_now_ns() + WORK_NS;
    while (tcp_now_ns() < end_ns) {
    }
}
