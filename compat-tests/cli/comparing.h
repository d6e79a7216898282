/* comparing - what the tests of `ringback compare` share. */
#ifndef CT_CLI_COMPARING_H
#define CT_CLI_COMPARING_H

#include <sys/types.h>

#include "capture.h"

/* comparing_begin - adopt whatever processes are left behind from here on. Skips the test where io_uring cannot be
 * used. */
void comparing_begin(unsigned limit_s);

/* COMPARE - run `ringback compare`, capture it, and check that nothing of it is left running. */
#define COMPARE(capture, ...)                                                                                          \
    do {                                                                                                               \
        CAPTURE((capture), RINGBACK_CLI, "compare", __VA_ARGS__);                                                      \
        comparing_nothing_is_left();                                                                                   \
    } while (0)

/* comparing_nothing_is_left - no process that a command has started is there any more. */
void comparing_nothing_is_left(void);

/* comparing_await_end - wait until that is so. */
void comparing_await_end(void);

/* comparing_port - a port that is free now, as text, in one of a few static buffers. */
const char *comparing_port(void);

/* comparing_text - printf() into one of a few static buffers. */
const char *comparing_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
