#include "scenario.h"

#include "check.h"
#include "pattern.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MOST = 150000, ROOM = VALUE_MOST + 256, GETS = 5 };

static char bytes[ROOM], answer[GETS * ROOM];

static size_t value(char *to, unsigned key, size_t size) {
    pattern_fill(key, 0, to, size);
    memcpy(to + size, "\r\n", 2);
    return size + 2;
}

static bool set(struct talk *talk, unsigned key, size_t size) {
    int length = snprintf(bytes, sizeof bytes, "set k%u 0 0 %zu\r\n", key, size);
    size_t total = (size_t)length + value(bytes + length, key, size);
    return talk_put(talk, bytes, total) && talk_get(talk, "STORED\r\n", 8);
}

static size_t expected(char *to, unsigned key, size_t size) {
    int length = snprintf(to, ROOM, "VALUE k%u 0 %zu\r\n", key, size);
    return (size_t)length + value(to + length, key, size);
}

static size_t end_of_get(char *to) {
    memcpy(to, "END\r\n", 5);
    return 5;
}

static bool get(struct talk *talk, unsigned key, size_t size) {
    int length = snprintf(bytes, sizeof bytes, "get k%u\r\n", key);
    size_t total = expected(answer, key, size);
    total += end_of_get(answer + total);
    return talk_put(talk, bytes, (size_t)length) && talk_get(talk, answer, total);
}

/* Several gets in one write. */
static bool get_pipelined(struct talk *talk, unsigned key, size_t size) {
    size_t length = 0, total = 0;
    for (unsigned i = 0; i < GETS; i++) {
        length += (size_t)snprintf(bytes + length, sizeof bytes - length, "get k%u\r\n", key);
        total += expected(answer + total, key, size);
        total += end_of_get(answer + total);
    }
    return talk_put(talk, bytes, length) && talk_get(talk, answer, total);
}

static void forget(struct talk *talk, unsigned key) {
    int length = snprintf(bytes, sizeof bytes, "delete k%u\r\n", key);
    if (talk_put(talk, bytes, (size_t)length))
        talk_get(talk, "DELETED\r\n", 9);
}

/* A value that was stored on a connection which was lost afterwards may be there or not: go on with what is known. */
void scenario_cache(uint16_t port) {
    struct talk a = talk_open(port, 1, 0), b = talk_open(port, 2, 0);
    bool one = set(&a, 1, 10), two = set(&b, 2, 5000), three;
    if (one)
        get(&a, 1, 10);
    if (two)
        get(&b, 2, 5000);
    three = set(&a, 3, VALUE_MOST);
    if (three)
        get(&a, 3, VALUE_MOST);
    if (one)
        get(&b, 1, 10);
    if (three)
        get_pipelined(&b, 3, VALUE_MOST);
    if (two)
        get_pipelined(&a, 2, 5000);
    struct talk c = talk_open(port, 3, 0);
    if (two)
        forget(&c, 2);
    if (set(&c, 4, 0))
        get(&c, 4, 0);
    talk_reset(&b);
    if (one)
        get(&c, 1, 10);
    talk_close(&c);
    talk_close(&a);
}

void scenario_cache_once(uint16_t port) {
    struct talk talk = talk_open(port, 6, 0);
    if (set(&talk, 9, 300))
        get(&talk, 9, 300);
    talk_close(&talk);
}
