/* compare - calls on both sides whose answers have to agree. Each returns false for a difference, which is described
 * in difference[]. */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdint.h>

#include "threads.h"
#include "twin.h"

extern char difference[512];

/* compare_differs - describe a difference. Returns false. */
bool compare_differs(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* compare_wait - epoll_wait on a loop. Level-triggered: the same registrations with the same events. Single shots: each
 * exactly once with the same events. Edges: everything that the kernel tells; in addition libc's side may tell once
 * more what poll() agrees holds now (an edge is a promise that something has changed since, and nothing but the program
 * knows whether it has looked meanwhile). No other tolerance. */
bool compare_wait(struct twin *twin, unsigned loop, int timeout_ms);

/* compare_turns - compare_wait on each loop that somebody waited on, by the thread that did; but all loops have been
 * asked before any has to agree. */
bool compare_turns(struct twin *twin);

/* compare_wait_meanwhile - libc's side waits in `thread`, the kernel's in another, and when both sleep, `other` (not
 * the same) acts. What ends the kernel's wait must end libc's; then as compare_wait. */
bool compare_wait_meanwhile(struct twin *twin, unsigned loop, unsigned thread, unsigned other, thread_work *act,
                            void *argument);

/* compare_read - `number` is SYS_read, readv, recvfrom or recvmsg. Streams: a read may stop at a boundary that only one
 * side has, but the rest has to be there without a wait; bytes, end and error agree. */
bool compare_read(struct twin *twin, unsigned slot, long number, unsigned size, int flags);

bool compare_write(struct twin *twin, unsigned slot, long number, unsigned size, int flags);

/* compare_look - FIONREAD, poll() for these events and a peek: what can be asked again until both agree. */
bool compare_fionread(struct twin *twin, unsigned slot);
bool compare_poll(struct twin *twin, unsigned slot, short events);
bool compare_poll_loop(struct twin *twin, unsigned loop);
bool compare_so_error(struct twin *twin, unsigned slot);

#endif
