#include "sides.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

long kernel_call(long number, long a, long b, long c, long d, long e) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = 0;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = 0;

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "the kernel's side needs this processor's system call instruction"
#endif
}

static long libc_bytes(long number, int fd, long b, long c, int flags) {
    switch (number) {
    case SYS_read:
        return read(fd, (void *)b, (size_t)c);
    case SYS_readv:
        return readv(fd, (const struct iovec *)b, (int)c);
    case SYS_recvfrom:
        return recv(fd, (void *)b, (size_t)c, flags);
    case SYS_recvmsg:
        return recvmsg(fd, (struct msghdr *)b, (int)c);
    case SYS_write:
        return write(fd, (const void *)b, (size_t)c);
    case SYS_writev:
        return writev(fd, (const struct iovec *)b, (int)c);
    case SYS_sendto:
        return send(fd, (const void *)b, (size_t)c, flags);
    default:
        abort();
    }
}

static long libc_call(long number, long a, long b, long c, long d) {
    int length = sizeof(int);

    switch (number) {
    case SYS_epoll_create1:
        return epoll_create1((int)a);
    case SYS_epoll_ctl:
        return epoll_ctl((int)a, (int)b, (int)c, (struct epoll_event *)d);
    case SYS_epoll_pwait:
        return epoll_wait((int)a, (struct epoll_event *)b, (int)c, (int)d);
    case SYS_close:
        return close((int)a);
    case SYS_dup:
        return dup((int)a);
    case SYS_dup3:
        return dup2((int)a, (int)b);
    case SYS_shutdown:
        return shutdown((int)a, (int)b);
    case SYS_ioctl:
        return ioctl((int)a, (unsigned long)b, c);
    case SYS_ppoll:
        return poll((struct pollfd *)a, (nfds_t)b, 0);
    case SYS_getsockopt:
        return getsockopt((int)a, (int)b, (int)c, (void *)d, (socklen_t *)&length);
    case SYS_setsockopt:
        return setsockopt((int)a, (int)b, (int)c, (const void *)d,
                          c == SO_LINGER ? sizeof(struct linger) : sizeof(int));
    case SYS_socket:
        return socket((int)a, (int)b, (int)c);
    case SYS_accept4:
        return accept4((int)a, NULL, NULL, (int)d);
    default:
        return libc_bytes(number, (int)a, b, c, (int)d);
    }
}

static long past_libc(long number, long a, long b, long c, long d) {
    const struct { long seconds, nanoseconds; } at_once = {0, 0};
    int length = sizeof(int);

    switch (number) {
    case SYS_ppoll:
        return kernel_call(number, a, b, (long)&at_once, 0, 0);
    case SYS_getsockopt:
        return kernel_call(number, a, b, c, d, (long)&length);
    case SYS_setsockopt:
        return kernel_call(number, a, b, c, d, c == SO_LINGER ? sizeof(struct linger) : sizeof(int));
    default:
        return kernel_call(number, a, b, c, d, 0);
    }
}

long side_call(enum side side, long number, long a, long b, long c, long d) {
    long result;

    if (side == KERNEL)
        return past_libc(number, a, b, c, d);
    errno = 0;
    result = libc_call(number, a, b, c, d);
    return result < 0 ? -errno : result;
}
