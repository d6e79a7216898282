/* counter - what processes cost: CPU time, and system calls as the kernel counts them.
 *
 * Read both only while the process sleeps: a running thread's CPU time is brought up to date by the scheduler's tick.
 */
#ifndef CONTROL_COUNTER_H
#define CONTROL_COUNTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* counter_cpu_ns - CPU time of all threads that the process has or had, io_uring's workers included, nanoseconds.
 * Returns 0 or -errno. */
int counter_cpu_ns(pid_t pid, uint64_t *ns);

/* counter_waited_ns - how long the process's present threads were ready to run while something else had their core,
 * nanoseconds. Returns 0 or -errno. */
int counter_waited_ns(pid_t pid, uint64_t *ns);

enum counter_method {
    COUNTER_METHOD_NONE,
    COUNTER_METHOD_PERF,  /* the kernel's own counter of raw_syscalls:sys_enter, as `perf stat` would read it */
    COUNTER_METHOD_STRACE /* strace -c: slows the process, but counts the same */
};

enum { COUNTER_THREADS_MAX = 1024, COUNTER_WHY_MAX = 200 };

struct syscall_counter {
    enum counter_method method;
    char why[COUNTER_WHY_MAX]; /* why there is no better method, "" if there is none better */
    unsigned threads;
    int fd[COUNTER_THREADS_MAX]; /* PERF: one counter for each thread */
    pid_t strace_pid;
    int strace_output;
};

/* syscall_counter_start - begin to count for every thread of these processes, and for all that they start from now on.
 * Sets method: COUNTER_METHOD_NONE when nothing works here, and then why says why and there is nothing to stop. The
 * counter keeps descriptors until it is stopped. */
void syscall_counter_start(struct syscall_counter *counter, const pid_t *pids, size_t count);

/* syscall_counter_stop - end counting and give everything back. Returns 0 and the count, or -errno. */
int syscall_counter_stop(struct syscall_counter *counter, uint64_t *count);

/* counter_method_name - "perf", "strace" or "none". Static. */
const char *counter_method_name(enum counter_method method);

#endif
