/* rawcall - system calls past libc.
 *
 * Log, stats and caps run inside hooks and constructors of other people's programs. Past libc they are no cancellation
 * points (libc's close and write are), leave errno alone and do not come back to Ringback's own hooks.
 */
#ifndef RB_RAWCALL_H
#define RB_RAWCALL_H

#include <sys/syscall.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <errno.h>
#include <unistd.h>
#endif

/* rb_rawcall - one system call. Returns its result, or -errno. Leaves errno alone. */
static inline long rb_rawcall(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
    int kept = errno;
    long result = syscall(number, a, b, c, d, e, f);
    if (result < 0)
        result = -errno;
    errno = kept;
    return result;
#endif
}

/* rb_rawcall_close - close a descriptor of Ringback's own. Never retried: on Linux the number is free after EINTR. */
static inline void rb_rawcall_close(int fd) {
    rb_rawcall(SYS_close, fd, 0, 0, 0, 0, 0);
}

#endif
