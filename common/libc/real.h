/* real - libc's own functions, behind the hooks.
 *
 * Each pointer starts as a plain system call, so that what arrives before the constructors have run, or while dlsym
 * looks the real ones up, goes straight to the kernel. Only the adapters can look them up: RTLD_NEXT means "after me",
 * and this object comes after libc.
 */
#ifndef RB_REAL_H
#define RB_REAL_H

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

/* X(result type, name, parameters) */
#define RB_REAL_LIST(X)                                                                                                \
    X(ssize_t, read, (int fd, void *buffer, size_t size))                                                              \
    X(ssize_t, readv, (int fd, const struct iovec *iov, int count))                                                    \
    X(ssize_t, recv, (int fd, void *buffer, size_t size, int flags))                                                   \
    X(ssize_t, recvfrom, (int fd, void *buffer, size_t size, int flags, struct sockaddr *address, socklen_t *length))  \
    X(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))                                                   \
    X(int, recvmmsg, (int fd, struct mmsghdr *list, unsigned count, int flags, struct timespec *timeout))              \
    X(ssize_t, write, (int fd, const void *buffer, size_t size))                                                       \
    X(ssize_t, writev, (int fd, const struct iovec *iov, int count))                                                   \
    X(ssize_t, send, (int fd, const void *buffer, size_t size, int flags))                                             \
    X(ssize_t, sendto,                                                                                                 \
      (int fd, const void *buffer, size_t size, int flags, const struct sockaddr *address, socklen_t length))          \
    X(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))                                             \
    X(int, sendmmsg, (int fd, struct mmsghdr *list, unsigned count, int flags))                                        \
    X(ssize_t, sendfile, (int to, int from, off_t *offset, size_t count))                                              \
    X(ssize_t, sendfile64, (int to, int from, off_t *offset, size_t count))                                            \
    X(ssize_t, splice, (int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags))          \
    X(int, socket, (int domain, int type, int protocol))                                                               \
    X(int, accept, (int fd, struct sockaddr *address, socklen_t *length))                                              \
    X(int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags))                                  \
    X(int, close, (int fd))                                                                                            \
    X(int, close_range, (unsigned first, unsigned last, int flags))                                                    \
    X(int, shutdown, (int fd, int how))                                                                                \
    X(int, ioctl, (int fd, unsigned long request, ...))                                                                \
    X(int, fcntl, (int fd, int command, ...))                                                                          \
    X(int, fcntl64, (int fd, int command, ...))                                                                        \
    X(int, dup, (int fd))                                                                                              \
    X(int, dup2, (int fd, int to))                                                                                     \
    X(int, dup3, (int fd, int to, int flags))                                                                          \
    X(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length))                                  \
    X(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length))                             \
    X(int, getpeername, (int fd, struct sockaddr *address, socklen_t *length))                                         \
    X(int, epoll_create, (int size))                                                                                   \
    X(int, epoll_create1, (int flags))                                                                                 \
    X(int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event))                                           \
    X(int, epoll_wait, (int epfd, struct epoll_event *events, int max, int timeout_ms))                                \
    X(int, epoll_pwait, (int epfd, struct epoll_event *events, int max, int timeout_ms, const sigset_t *mask))         \
    X(int, epoll_pwait2,                                                                                               \
      (int epfd, struct epoll_event *events, int max, const struct timespec *timeout, const sigset_t *mask))           \
    X(int, poll, (struct pollfd * fds, nfds_t count, int timeout_ms))                                                  \
    X(int, ppoll, (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask))           \
    X(int, select, (int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout))                      \
    X(int, pselect,                                                                                                    \
      (int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask))      \
    X(int, execve, (const char *path, char *const argv[], char *const envp[]))                                         \
    X(int, execvpe, (const char *file, char *const argv[], char *const envp[]))                                        \
    X(int, fexecve, (int fd, char *const argv[], char *const envp[]))                                                  \
    X(long, syscall, (long number, ...))

/* Those that libc alone can do: X(name, pointer type). NULL until looked up. */
#define RB_REAL_LIBC_LIST(X)                                                                                           \
    X(_exit, void (*real__exit)(int))                                                                                  \
    X(quick_exit, void (*real_quick_exit)(int))                                                                        \
    X(fdopen, void *(*real_fdopen)(int, const char *))                                                                 \
    X(fclose, int (*real_fclose)(void *))                                                                              \
    X(pclose, int (*real_pclose)(void *))                                                                              \
    X(freopen, void *(*real_freopen)(const char *, const char *, void *))                                              \
    X(closefrom, void (*real_closefrom)(int))

struct rb_real {
#define RB_REAL_FIELD(type, name, parameters) type(*name) parameters;
    RB_REAL_LIST(RB_REAL_FIELD)
#undef RB_REAL_FIELD
#define RB_REAL_LIBC_FIELD(name, pointer) pointer;
    RB_REAL_LIBC_LIST(RB_REAL_LIBC_FIELD)
#undef RB_REAL_LIBC_FIELD
};

extern struct rb_real rb_real;

/* rb_real_bind - look every function up.
 *   find  dlsym(RTLD_NEXT, name), called from within the adapter.
 * A function found in another adapter is left: that adapter's own look-up leads on to libc. */
void rb_real_bind(void *(*find)(const char *name));

/* System calls that must be no cancellation points and leave errno alone. Results as the kernel's, -errno included. */
int rb_real_poll_now(struct pollfd *fds, unsigned count);
int rb_real_epoll_now(int epfd, struct epoll_event *events, int max);
/* rb_real_timeout_ms - as epoll_wait takes it, rounded up. */
int rb_real_timeout_ms(const struct timespec *left);

/* rb_real_hold_signals - block all signals of this thread but libc's own, until rb_real_let_signals() with what it was
 * before. Meanwhile:
 * rb_real_epoll_held - wait for a short while, not interrupted but by a signal that would have interrupted the wait.
 * rb_real_epoll_masked - wait as epoll_pwait2() does. A cancellation point.
 *   left  the relative timeout, NULL for none; less the time that was spent
 *   mask  what the program waits with
 * Both return events or -errno; 0 of the first: go on waiting. Without epoll_pwait2 (Linux 5.11) they do by
 * epoll_pwait. */
void rb_real_hold_signals(sigset_t *before);
void rb_real_let_signals(const sigset_t *before);
int rb_real_epoll_held(int epfd, struct epoll_event *events, int max, struct timespec *left, const sigset_t *mask);
int rb_real_epoll_masked(int epfd, struct epoll_event *events, int max, struct timespec *left, const sigset_t *mask);
long rb_real_write_now(int fd, const void *buffer, size_t size);
long rb_real_read_now(int fd, void *buffer, size_t size);

#endif
