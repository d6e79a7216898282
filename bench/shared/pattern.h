/* pattern - the one table of pseudo-random bytes that all verified values are slices of.
 *
 * Its period is a prime, so that no power of two of bytes lost or doubled lands on the same bytes again; and small
 * enough to stay in the second-level cache beside a server's own data.
 */
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

enum { PATTERN_PERIOD = 16381 };

/* pattern_make - a table in which a slice of so many bytes can begin anywhere in the first period.
 * Returns NULL without memory; the caller's to free. */
uint8_t *pattern_make(size_t bytes);

/* pattern_sum - a checksum of bytes that came after others: it changes with each byte's value and with its place.
 *   sum  of what came before, 0 at the beginning */
uint64_t pattern_sum(uint64_t sum, const uint8_t *bytes, size_t count);

#endif
