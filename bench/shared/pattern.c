/* pattern - see pattern.h. */
#include "pattern.h"

#include <stdlib.h>

uint8_t *pattern_make(size_t bytes) {
    const size_t whole = bytes + PATTERN_PERIOD;
    uint8_t *table = malloc(whole);
    if (table == NULL) {
        return NULL;
    }
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < PATTERN_PERIOD; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        table[i] = (uint8_t)(state >> 32);
    }
    for (size_t i = PATTERN_PERIOD; i < whole; i++) {
        table[i] = table[i - PATTERN_PERIOD];
    }
    return table;
}

uint64_t pattern_sum(uint64_t sum, const uint8_t *bytes, size_t count) {
    /* Two sums side by side, as Fletcher's: the upper one adds up the lower one at each byte. */
    uint32_t low = (uint32_t)sum;
    uint32_t high = (uint32_t)(sum >> 32);
    for (size_t i = 0; i < count; i++) {
        low += bytes[i];
        high += low;
    }
    return (uint64_t)high << 32 | low;
}
