/* order - what a client may order from the bench's "answer" servers: a line of fixed length, and for PUT and SUM the
 * bytes that it announces after it.
 */
#ifndef BENCH_ORDER_H
#define BENCH_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum order_verb {
    ORDER_GET,  /* answer so many bytes of the pattern */
    ORDER_LAST, /* ... and close the connection */
    ORDER_WORK, /* ... and compute for a millisecond once they are written */
    ORDER_PUT,  /* take so many bytes, then answer with a line that repeats the order */
    ORDER_SUM,  /* ... with their checksum in place of their number */
    ORDER_VERBS
};

enum { ORDER_LINE = 24, ORDER_BYTES_MAX = 4 * 1024 * 1024 };

struct order {
    enum order_verb verb;
    uint64_t number;
};

/* order_write - the line, ORDER_LINE bytes and a '\0' after them. */
void order_write(char line[ORDER_LINE + 1], enum order_verb verb, uint64_t number);

/* order_read - returns false if the line is no order, or one for more than ORDER_BYTES_MAX. */
bool order_read(struct order *order, const char line[ORDER_LINE]);

/* order_slice - where in the pattern the nth answer (from 0) of a connection begins. */
size_t order_slice(uint64_t nth);

/* order_work - compute for a millisecond. */
void order_work(void);

#endif
