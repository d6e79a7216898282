#include "pattern.h"

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

enum { WORD = 8 };

/* A bijective mix of 64 bits: every word of a stream differs from its neighbours and from other streams' words. */
static uint64_t pattern__mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    return x;
}

static uint64_t pattern__word(uint64_t seed, uint64_t offset) {
    return pattern__mix(pattern__mix(seed + 1) + offset / WORD);
}

uint8_t pattern_byte(uint64_t seed, uint64_t offset) {
    return (uint8_t)(pattern__word(seed, offset) >> (offset % WORD * 8));
}

void pattern_fill(uint64_t seed, uint64_t offset, void *bytes, size_t size) {
    uint8_t *out = bytes;
    for (size_t i = 0; i < size;) {
        uint64_t word = pattern__word(seed, offset + i) >> ((offset + i) % WORD * 8);
        do {
            out[i++] = (uint8_t)word;
            word >>= 8;
        } while (i < size && (offset + i) % WORD != 0);
    }
}

size_t pattern_match(uint64_t seed, uint64_t offset, const void *bytes, size_t size) {
    const uint8_t *in = bytes;
    for (size_t i = 0; i < size;) {
        uint64_t word = pattern__word(seed, offset + i) >> ((offset + i) % WORD * 8);
        do {
            if (in[i] != (uint8_t)word)
                return i;
            i++;
            word >>= 8;
        } while (i < size && (offset + i) % WORD != 0);
    }
    return size;
}

void pattern_check(uint64_t seed, uint64_t offset, const void *bytes, size_t size) {
    size_t good = pattern_match(seed, offset, bytes, size);
    if (good == size)
        return;
    uint8_t wrong = ((const uint8_t *)bytes)[good];
    check_fail(__FILE__, __LINE__, "stream %llu: byte %llu is %02x, not %02x (%zu bytes from %llu)",
               (unsigned long long)seed, (unsigned long long)(offset + good), wrong, pattern_byte(seed, offset + good),
               size, (unsigned long long)offset);
}

int pattern_file(uint64_t seed, uint64_t offset, size_t size) {
    char path[] = "/tmp/ringback-test-XXXXXX";
    int fd = CHECK_FD(mkstemp(path));
    CHECK_FD(unlink(path));
    char *bytes = malloc(size);
    CHECK(bytes);
    pattern_fill(seed, offset, bytes, size);
    CHECK_INT(write(fd, bytes, size), size);
    free(bytes);
    return fd;
}

uint64_t pattern_random(uint64_t *state) {
    *state += 0x9e3779b97f4a7c15u;
    return pattern__mix(*state);
}
