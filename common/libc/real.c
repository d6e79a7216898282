#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../clock.h"
#include "../rawcall.h"

enum {
    SIGSET_BYTES = _NSIG / 8,
    HELD_SLICE_NS = 5000000, /* how late a signal may be while they are held */
};

static long answer(long result) {
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}

static long raw(long number, long a, long b, long c, long d, long e, long f) {
    return answer(rb_rawcall(number, a, b, c, d, e, f));
}

/* ---- the plain system calls that serve until libc's functions are known ---- */

static ssize_t raw_read(int fd, void *buffer, size_t size) {
    return raw(SYS_read, fd, (long)buffer, (long)size, 0, 0, 0);
}
static ssize_t raw_readv(int fd, const struct iovec *iov, int count) {
    return raw(SYS_readv, fd, (long)iov, count, 0, 0, 0);
}
static ssize_t raw_recv(int fd, void *buffer, size_t size, int flags) {
    return raw(SYS_recvfrom, fd, (long)buffer, (long)size, flags, 0, 0);
}
static ssize_t raw_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *address, socklen_t *length) {
    return raw(SYS_recvfrom, fd, (long)buffer, (long)size, flags, (long)address, (long)length);
}
static ssize_t raw_recvmsg(int fd, struct msghdr *message, int flags) {
    return raw(SYS_recvmsg, fd, (long)message, flags, 0, 0, 0);
}
static int raw_recvmmsg(int fd, struct mmsghdr *list, unsigned count, int flags, struct timespec *timeout) {
    return (int)raw(SYS_recvmmsg, fd, (long)list, (long)count, flags, (long)timeout, 0);
}
static ssize_t raw_write(int fd, const void *buffer, size_t size) {
    return raw(SYS_write, fd, (long)buffer, (long)size, 0, 0, 0);
}
static ssize_t raw_writev(int fd, const struct iovec *iov, int count) {
    return raw(SYS_writev, fd, (long)iov, count, 0, 0, 0);
}
static ssize_t raw_send(int fd, const void *buffer, size_t size, int flags) {
    return raw(SYS_sendto, fd, (long)buffer, (long)size, flags, 0, 0);
}
static ssize_t raw_sendto(int fd, const void *buffer, size_t size, int flags, const struct sockaddr *address,
                          socklen_t length) {
    return raw(SYS_sendto, fd, (long)buffer, (long)size, flags, (long)address, (long)length);
}
static ssize_t raw_sendmsg(int fd, const struct msghdr *message, int flags) {
    return raw(SYS_sendmsg, fd, (long)message, flags, 0, 0, 0);
}
static int raw_sendmmsg(int fd, struct mmsghdr *list, unsigned count, int flags) {
    return (int)raw(SYS_sendmmsg, fd, (long)list, (long)count, flags, 0, 0);
}
static ssize_t raw_sendfile(int to, int from, off_t *offset, size_t count) {
    return raw(SYS_sendfile, to, from, (long)offset, (long)count, 0, 0);
}
static ssize_t raw_splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags) {
    return raw(SYS_splice, from, (long)from_offset, to, (long)to_offset, (long)size, (long)flags);
}
static int raw_socket(int domain, int type, int protocol) {
    return (int)raw(SYS_socket, domain, type, protocol, 0, 0, 0);
}
static int raw_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    return (int)raw(SYS_accept4, fd, (long)address, (long)length, flags, 0, 0);
}
static int raw_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return raw_accept4(fd, address, length, 0);
}
static int raw_close(int fd) {
    return (int)raw(SYS_close, fd, 0, 0, 0, 0, 0);
}
static int raw_close_range(unsigned first, unsigned last, int flags) {
    return (int)raw(SYS_close_range, (long)first, (long)last, flags, 0, 0, 0);
}
static int raw_shutdown(int fd, int how) {
    return (int)raw(SYS_shutdown, fd, how, 0, 0, 0, 0);
}
static int raw_ioctl(int fd, unsigned long request, ...) {
    va_list list;
    long argument;

    va_start(list, request);
    argument = va_arg(list, long);
    va_end(list);
    return (int)raw(SYS_ioctl, fd, (long)request, argument, 0, 0, 0);
}
static int raw_fcntl(int fd, int command, ...) {
    va_list list;
    long argument;

    va_start(list, command);
    argument = va_arg(list, long);
    va_end(list);
    return (int)raw(SYS_fcntl, fd, command, argument, 0, 0, 0);
}
static int raw_dup(int fd) {
    return (int)raw(SYS_dup, fd, 0, 0, 0, 0, 0);
}
static int raw_dup3(int fd, int to, int flags) {
    return (int)raw(SYS_dup3, fd, to, flags, 0, 0, 0);
}
static int raw_dup2(int fd, int to) {
    if (fd == to) /* dup3 refuses what dup2 allows */
        return raw_fcntl(fd, F_GETFD, 0L) < 0 ? -1 : to;
    return raw_dup3(fd, to, 0);
}
static int raw_getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
    return (int)raw(SYS_getsockopt, fd, level, name, (long)value, (long)length, 0);
}
static int raw_setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    return (int)raw(SYS_setsockopt, fd, level, name, (long)value, (long)length, 0);
}
static int raw_getpeername(int fd, struct sockaddr *address, socklen_t *length) {
    return (int)raw(SYS_getpeername, fd, (long)address, (long)length, 0, 0, 0);
}
static int raw_epoll_create1(int flags) {
    return (int)raw(SYS_epoll_create1, flags, 0, 0, 0, 0, 0);
}
static int raw_epoll_create(int size) {
    if (size <= 0) {
        errno = EINVAL;
        return -1;
    }
    return raw_epoll_create1(0);
}
static int raw_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event) {
    return (int)raw(SYS_epoll_ctl, epfd, op, fd, (long)event, 0, 0);
}
static int raw_epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout_ms, const sigset_t *mask) {
    return (int)raw(SYS_epoll_pwait, epfd, (long)events, max, timeout_ms, (long)mask, SIGSET_BYTES);
}
static int raw_epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms) {
    return raw_epoll_pwait(epfd, events, max, timeout_ms, NULL);
}
static int raw_epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
                            const sigset_t *mask) {
    return (int)raw(SYS_epoll_pwait2, epfd, (long)events, max, (long)timeout, (long)mask, SIGSET_BYTES);
}
static int raw_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    struct timespec copy, *limit = NULL;

    if (timeout) { /* the system call writes the rest of the time back */
        copy = *timeout;
        limit = &copy;
    }
    return (int)raw(SYS_ppoll, (long)fds, (long)count, (long)limit, (long)mask, SIGSET_BYTES, 0);
}
static int raw_poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct timespec limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};

    return raw_ppoll(fds, count, timeout_ms < 0 ? NULL : &limit, NULL);
}
static int raw_pselect(int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
                       const sigset_t *mask) {
    struct {
        const sigset_t *mask;
        size_t size;
    } with = {mask, SIGSET_BYTES};
    struct timespec copy, *limit = NULL;

    if (timeout) {
        copy = *timeout;
        limit = &copy;
    }
    return (int)raw(SYS_pselect6, count, (long)in, (long)out, (long)except, (long)limit, (long)&with);
}
static int raw_select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout) {
    struct timespec limit;

    if (!timeout)
        return raw_pselect(count, in, out, except, NULL, NULL);
    limit.tv_sec = timeout->tv_sec;
    limit.tv_nsec = timeout->tv_usec * 1000;
    return raw_pselect(count, in, out, except, &limit, NULL);
}
static int raw_execve(const char *path, char *const argv[], char *const envp[]) {
    return (int)raw(SYS_execve, (long)path, (long)argv, (long)envp, 0, 0, 0);
}
static int raw_fexecve(int fd, char *const argv[], char *const envp[]) {
    enum { EMPTY_PATH = 0x1000 };

    return (int)raw(SYS_execveat, fd, (long)"", (long)argv, (long)envp, EMPTY_PATH, 0);
}
static long raw_syscall(long number, ...) {
    va_list list;
    long a, b, c, d, e, f;

    va_start(list, number);
    a = va_arg(list, long);
    b = va_arg(list, long);
    c = va_arg(list, long);
    d = va_arg(list, long);
    e = va_arg(list, long);
    f = va_arg(list, long);
    va_end(list);
    return raw(number, a, b, c, d, e, f);
}
#define raw_fcntl64    raw_fcntl
#define raw_sendfile64 raw_sendfile
#define raw_execvpe    raw_execve

struct rb_real rb_real = {
#define RB_REAL_INIT(type, name, parameters) .name = raw_##name,
    RB_REAL_LIST(RB_REAL_INIT)
#undef RB_REAL_INIT
};

/* ---- looking up ---- */

static const struct {
    const char *name;
    size_t offset;
} places[] = {
#define RB_REAL_PLACE(type, name, parameters) {#name, offsetof(struct rb_real, name)},
    RB_REAL_LIST(RB_REAL_PLACE)
#undef RB_REAL_PLACE
#define RB_REAL_LIBC_PLACE(name, pointer) {#name, offsetof(struct rb_real, real_##name)},
        RB_REAL_LIBC_LIST(RB_REAL_LIBC_PLACE)
#undef RB_REAL_LIBC_PLACE
};

static int is_an_adapter(void *function) {
    Dl_info info;
    const char *base;

    if (!dladdr(function, &info) || !info.dli_fname)
        return 0;
    base = strrchr(info.dli_fname, '/');
    return strncmp(base ? base + 1 : info.dli_fname, "libringback-", strlen("libringback-")) == 0;
}

void rb_real_bind(void *(*find)(const char *name)) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        void *function = find(places[i].name);

        /* Missing in this libc: the system call goes on serving. */
        if (function && !is_an_adapter(function))
            memcpy((char *)&rb_real + places[i].offset, &function, sizeof function);
    }
}

/* ---- past libc ---- */

int rb_real_poll_now(struct pollfd *fds, unsigned count) {
    struct timespec none = {0, 0};

    return (int)rb_rawcall(SYS_ppoll, (long)fds, (long)count, (long)&none, 0, SIGSET_BYTES, 0);
}

int rb_real_epoll_now(int epfd, struct epoll_event *events, int max) {
    return (int)rb_rawcall(SYS_epoll_pwait, epfd, (long)events, max, 0, 0, SIGSET_BYTES);
}

/* Would this signal have interrupted a wait? One that is ignored does not, but waits like the others while it is held
 * back. */
static bool interrupts(int number) {
    struct sigaction action;

    if (sigaction(number, NULL, &action) < 0 || action.sa_handler == SIG_IGN)
        return false;
    return action.sa_handler != SIG_DFL ||
           (number != SIGCHLD && number != SIGURG && number != SIGWINCH && number != SIGCONT);
}

/* Those that wait and are not blocked, as a set. */
static uint64_t interrupting(uint64_t blocked) {
    uint64_t waiting = 0, found = 0;

    rb_rawcall(SYS_rt_sigpending, (long)&waiting, SIGSET_BYTES, 0, 0, 0, 0);
    for (waiting &= ~blocked; waiting != 0; waiting &= waiting - 1)
        if (interrupts(__builtin_ctzll(waiting) + 1))
            found |= waiting & -waiting;
    return found;
}

static void subtract(struct timespec *left, int64_t spent_ns) {
    int64_t left_ns = (int64_t)left->tv_sec * 1000000000 + left->tv_nsec - spent_ns;

    *left = left_ns > 0 ? (struct timespec){left_ns / 1000000000, left_ns % 1000000000} : (struct timespec){0, 0};
}

int rb_real_timeout_ms(const struct timespec *left) {
    return left->tv_sec < INT_MAX / 1000 ? (int)(left->tv_sec * 1000 + (left->tv_nsec + 999999) / 1000000) : INT_MAX;
}

void rb_real_hold_signals(sigset_t *before) {
    const uint64_t libc_own = UINT64_C(3) << 31, all = ~libc_own; /* 32 and 33 end and change threads */

    sigemptyset(before);
    rb_rawcall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)before, SIGSET_BYTES, 0, 0);
}

void rb_real_let_signals(const sigset_t *before) {
    rb_rawcall(SYS_rt_sigprocmask, SIG_SETMASK, (long)before, 0, SIGSET_BYTES, 0, 0);
}

int rb_real_epoll_held(int epfd, struct epoll_event *events, int max, struct timespec *left, const sigset_t *mask) {
    struct timespec slice = {0, HELD_SLICE_NS}, instant = {0, 1};
    int64_t begin_ns = (int64_t)rb_now_ns();
    uint64_t blocked = 0;
    int n;

    if (left && left->tv_sec == 0 && left->tv_nsec < slice.tv_nsec)
        slice = *left;
    memcpy(&blocked, mask, SIGSET_BYTES);
    n = (int)rb_rawcall(SYS_epoll_pwait2, epfd, (long)events, max, (long)&slice, 0, SIGSET_BYTES);
    if (n == -ENOSYS)
        n = (int)rb_rawcall(SYS_epoll_pwait, epfd, (long)events, max, rb_real_timeout_ms(&slice), 0, SIGSET_BYTES);
    if (n == -EINTR)
        n = 0;
    /* Its handler runs in a wait that it interrupts, as it would have in the program's own. */
    if (n == 0 && interrupting(blocked))
        n = rb_real_epoll_masked(epfd, events, max, &instant, mask);
    if (left)
        subtract(left, (int64_t)rb_now_ns() - begin_ns);
    return n;
}

int rb_real_epoll_masked(int epfd, struct epoll_event *events, int max, struct timespec *left, const sigset_t *mask) {
    int64_t begin_ns = (int64_t)rb_now_ns();
    int n = rb_real.epoll_pwait2(epfd, events, max, left, mask);

    if (n < 0 && errno == ENOSYS)
        n = rb_real.epoll_pwait(epfd, events, max, left ? rb_real_timeout_ms(left) : -1, mask);
    n = n < 0 ? -errno : n;
    if (left)
        subtract(left, (int64_t)rb_now_ns() - begin_ns);
    return n;
}

long rb_real_write_now(int fd, const void *buffer, size_t size) {
    return rb_rawcall(SYS_write, fd, (long)buffer, (long)size, 0, 0, 0);
}

long rb_real_read_now(int fd, void *buffer, size_t size) {
    return rb_rawcall(SYS_read, fd, (long)buffer, (long)size, 0, 0, 0);
}
