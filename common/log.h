/* log - one line to the program's standard error, for the few things its user must know. */
#ifndef RB_LOG_H
#define RB_LOG_H

#include <stdatomic.h>

#include "config.h"

/* rb_log_set_level - what is printed from now on: RB_LOG_SILENT nothing, RB_LOG_NOTICE, or RB_LOG_DEBUG everything.
 * RB_LOG_NOTICE until it is called. Notes what descriptor 2 is at present, so call it at start. Any thread. */
void rb_log_set_level(enum rb_log level);

/* rb_log - print "ringback: ...", a line of at most 500 bytes, by one write to descriptor 2.
 *   level   RB_LOG_NOTICE or RB_LOG_DEBUG.
 *   format  as printf's, without a newline; integers and strings only, which format without allocating.
 * Nothing is printed if descriptor 2 has become a socket since rb_log_set_level(): it may be a peer's by now.
 * Any thread; no locks, no cancellation point, errno is kept. What cannot be written at once is dropped. */
void rb_log(enum rb_log level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* rb_log_once - rb_log(RB_LOG_NOTICE, ...) on the first call with this flag in the process, which starts as 0. */
void rb_log_once(atomic_uint *flag, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
