/* pattern - bytes that tell their stream and their place in it, so that a lost, doubled or moved byte shows. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* pattern_byte - the byte at `offset` of the stream called `seed`. */
uint8_t pattern_byte(uint64_t seed, uint64_t offset);

/* pattern_fill - write bytes offset .. offset+size-1 of the stream. */
void pattern_fill(uint64_t seed, uint64_t offset, void *bytes, size_t size);

/* pattern_match - how many of the bytes, from the first, are those of the stream at `offset`: `size` if all are. */
size_t pattern_match(uint64_t seed, uint64_t offset, const void *bytes, size_t size);

/* pattern_check - fail the test unless all bytes are those of the stream. */
void pattern_check(uint64_t seed, uint64_t offset, const void *bytes, size_t size);

/* pattern_file - an open file of those bytes, without a name. */
int pattern_file(uint64_t seed, uint64_t offset, size_t size);

/* pattern_random - the next number of a small generator; *state is its seed and is advanced. */
uint64_t pattern_random(uint64_t *state);

#endif
