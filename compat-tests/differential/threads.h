/* threads - other threads, in lock step: whoever hands work over waits until it is done, unless it says otherwise. */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>

/* 0 is the thread that calls; two more are for steps, and one keeps the kernel's side waiting. */
enum { THREAD_SELF = 0, THREADS_FOR_STEPS = 3, THREAD_KERNEL_WAITS = 3, THREADS = 4 };

typedef bool thread_work(void *argument);

/* thread_start - have the work done by a thread (made on first use) while the caller goes on. Not THREAD_SELF. */
void thread_start(unsigned thread, thread_work *work, void *argument);

/* thread_finish - wait until it is done. Returns what the work returned. */
bool thread_finish(unsigned thread);

/* thread_run - have the work done, and wait for it. */
bool thread_run(unsigned thread, thread_work *work, void *argument);

/* threads_forked - in the child of a fork: there is only this thread now. */
void threads_forked(void);

#endif
