/* The libc functions that Ringback stands in front of. Compiled into each adapter, because a library's dependencies
 * come after libc in the search order and would never be asked. No logic here: see seam.h. */
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hooks.h"
#include "seam.h"

#define HOOK __attribute__((visibility("default")))

/* A call on a descriptor that no loop watches may block, and what it waits for may depend on what was written. */
static void before_blocking(const struct rb_file *file) {
    if (rb_unsent && !(file && atomic_load_explicit(&file->reactor, memory_order_relaxed)))
        rb_seam_flush();
}

/* ---- receiving ---- */

HOOK ssize_t read(int fd, void *buffer, size_t size) {
    struct rb_file *file = rb_file_in_loop(fd);
    struct iovec iov = {buffer, size};
    ssize_t result;

    before_blocking(file);
    if (!file)
        return rb_real.read(fd, buffer, size);
    if (!rb_seam_receive(file, &iov, 1, 0, &result))
        result = rb_seam_received(file, 0, size, rb_real.read(fd, buffer, size));
    return result;
}

HOOK ssize_t readv(int fd, const struct iovec *iov, int count) {
    struct rb_file *file = rb_file_in_loop(fd);
    ssize_t result;

    before_blocking(file);
    if (!file)
        return rb_real.readv(fd, iov, count);
    if (!rb_seam_receive(file, iov, count, 0, &result))
        result = rb_seam_received(file, 0, 0, rb_real.readv(fd, iov, count));
    return result;
}

HOOK ssize_t recv(int fd, void *buffer, size_t size, int flags) {
    struct rb_file *file = rb_file_in_loop(fd);
    struct iovec iov = {buffer, size};
    ssize_t result;

    before_blocking(file);
    if (!file)
        return rb_real.recv(fd, buffer, size, flags);
    if (!rb_seam_receive(file, &iov, 1, flags, &result))
        result = rb_seam_received(file, flags, size, rb_real.recv(fd, buffer, size, flags));
    return result;
}

HOOK ssize_t recvfrom(int fd, void *restrict buffer, size_t size, int flags, struct sockaddr *restrict address,
                      socklen_t *restrict length) {
    struct rb_file *file = rb_file_in_loop(fd);
    struct iovec iov = {buffer, size};
    ssize_t result;

    before_blocking(file);
    if (!file)
        return rb_real.recvfrom(fd, buffer, size, flags, address, length);
    if (!rb_seam_receive(file, &iov, 1, flags, &result))
        return rb_seam_received(file, flags, size, rb_real.recvfrom(fd, buffer, size, flags, address, length));
    if (address && length && result >= 0)
        *length = 0; /* as for every stream */
    return result;
}

HOOK ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    struct rb_file *file = rb_file_in_loop(fd);
    ssize_t result;

    before_blocking(file);
    if (!file)
        return rb_real.recvmsg(fd, message, flags);
    if (!rb_seam_recvmsg(file, message, flags, &result))
        result = rb_seam_received(file, flags, 0, rb_real.recvmsg(fd, message, flags));
    return result;
}

/* Datagrams in bulk: the kernel serves them, readiness wants to know. */
HOOK int recvmmsg(int fd, struct mmsghdr *list, unsigned count, int flags, struct timespec *timeout) {
    struct rb_file *file = rb_file_in_loop(fd);
    int result;

    before_blocking(file);
    result = rb_real.recvmmsg(fd, list, count, flags, timeout);
    return file ? (int)rb_seam_received(file, flags, 0, result) : result;
}

/* What _FORTIFY_SOURCE binds instead, with the size of the caller's buffer. */
extern void __chk_fail(void) __attribute__((noreturn));

HOOK ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
HOOK ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room) {
    if (size > room)
        __chk_fail();
    return read(fd, buffer, size);
}

HOOK ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags);
HOOK ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags) {
    if (size > room)
        __chk_fail();
    return recv(fd, buffer, size, flags);
}

HOOK ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t size, size_t room, int flags,
                            struct sockaddr *restrict address, socklen_t *restrict length);
HOOK ssize_t __recvfrom_chk(int fd, void *restrict buffer, size_t size, size_t room, int flags,
                            struct sockaddr *restrict address, socklen_t *restrict length) {
    if (size > room)
        __chk_fail();
    return recvfrom(fd, buffer, size, flags, address, length);
}

/* ---- sending ---- */

HOOK ssize_t write(int fd, const void *buffer, size_t size) {
    struct rb_file *file = rb_file_in_loop(fd);
    struct iovec iov = {(void *)buffer, size};
    ssize_t result;

    if (!file)
        return rb_real.write(fd, buffer, size);
    if (!rb_seam_send(file, &iov, 1, 0, &result))
        result = rb_seam_sent(file, rb_real.write(fd, buffer, size));
    return result;
}

HOOK ssize_t writev(int fd, const struct iovec *iov, int count) {
    struct rb_file *file = rb_file_in_loop(fd);
    ssize_t result;

    if (!file)
        return rb_real.writev(fd, iov, count);
    if (!rb_seam_send(file, iov, count, 0, &result))
        result = rb_seam_sent(file, rb_real.writev(fd, iov, count));
    return result;
}

HOOK ssize_t send(int fd, const void *buffer, size_t size, int flags) {
    struct rb_file *file = rb_file_in_loop(fd);
    struct iovec iov = {(void *)buffer, size};
    ssize_t result;

    if (!file)
        return rb_real.send(fd, buffer, size, flags);
    if (!rb_seam_send(file, &iov, 1, flags, &result))
        result = rb_seam_sent(file, rb_real.send(fd, buffer, size, flags));
    return result;
}

HOOK ssize_t sendto(int fd, const void *buffer, size_t size, int flags, const struct sockaddr *address,
                    socklen_t length) {
    struct rb_file *file = rb_file_in_loop(fd);
    struct iovec iov = {(void *)buffer, size};
    ssize_t result;

    if (!file)
        return rb_real.sendto(fd, buffer, size, flags, address, length);
    if (!rb_seam_send(file, &iov, 1, flags, &result))
        result = rb_seam_sent(file, rb_real.sendto(fd, buffer, size, flags, address, length));
    return result;
}

HOOK ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    struct rb_file *file = rb_file_in_loop(fd);
    ssize_t result;

    if (!file)
        result = rb_real.sendmsg(fd, message, flags);
    else if (!rb_seam_sendmsg(file, message, flags, &result))
        result = rb_seam_sent(file, rb_real.sendmsg(fd, message, flags));
    /* Only now it is known to be well formed. */
    if (result >= 0 && message->msg_controllen > 0)
        rb_seam_passing(message);
    return result;
}

HOOK int sendmmsg(int fd, struct mmsghdr *list, unsigned count, int flags) {
    struct rb_file *file = rb_file_in_loop(fd);
    ssize_t result;

    if (!file)
        return rb_real.sendmmsg(fd, list, count, flags);
    if (!rb_seam_bypass_send(file, &result))
        result = rb_seam_sent_many(file, list, rb_real.sendmmsg(fd, list, count, flags));
    return (int)result;
}

HOOK ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    struct rb_file *file = rb_file_find(to);
    ssize_t result;

    if (!file)
        return rb_real.sendfile(to, from, offset, count);
    if (!rb_seam_bypass_send(file, &result))
        result = rb_seam_sent(file, rb_real.sendfile(to, from, offset, count));
    return result;
}

HOOK ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    return sendfile(to, from, offset, count);
}

HOOK ssize_t splice(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size, unsigned flags) {
    struct rb_file *source = rb_file_find(from), *target = rb_file_find(to);
    ssize_t result;

    if (source)
        rb_seam_bypass_receive(source);
    if (target && rb_seam_bypass_send(target, &result))
        return result;
    return rb_real.splice(from, from_offset, to, to_offset, size, flags);
}

/* ---- sockets ---- */

HOOK int socket(int domain, int type, int protocol) {
    return rb_seam_socket(domain, type, protocol);
}

HOOK int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict length) {
    struct rb_file *file = rb_file_find(fd);
    int result;

    before_blocking(file);
    if (!file)
        return rb_real.accept(fd, address, length);
    if (!rb_seam_accept(file, address, length, 0, &result))
        result = rb_seam_accepted(file, 0, rb_real.accept(fd, address, length));
    return result;
}

HOOK int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags) {
    struct rb_file *file = rb_file_find(fd);
    int result;

    before_blocking(file);
    if (!file)
        return rb_real.accept4(fd, address, length, flags);
    if (!rb_seam_accept(file, address, length, flags, &result))
        result = rb_seam_accepted(file, flags, rb_real.accept4(fd, address, length, flags));
    return result;
}

HOOK int shutdown(int fd, int how) {
    struct rb_file *file = rb_file_find(fd);

    if (file)
        rb_seam_shutdown(file, how);
    return rb_real.shutdown(fd, how);
}

HOOK int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict length) {
    struct rb_file *file = rb_file_find(fd);

    if (file && rb_seam_getsockopt(file, level, name, value, length))
        return 0;
    return rb_real.getsockopt(fd, level, name, value, length);
}

HOOK int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    struct rb_file *file = rb_file_find(fd);

    if (file)
        rb_seam_setsockopt(file, level, name);
    return rb_real.setsockopt(fd, level, name, value, length);
}

HOOK int ioctl(int fd, unsigned long request, ...) {
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    return rb_seam_ioctl(fd, request, argument);
}

HOOK int fcntl(int fd, int command, ...) {
    va_list list;
    void *argument;

    va_start(list, command);
    argument = va_arg(list, void *);
    va_end(list);
    return rb_seam_fcntl(rb_real.fcntl, fd, command, argument);
}

HOOK int fcntl64(int fd, int command, ...) {
    va_list list;
    void *argument;

    va_start(list, command);
    argument = va_arg(list, void *);
    va_end(list);
    return rb_seam_fcntl(rb_real.fcntl64, fd, command, argument);
}

/* ---- descriptors ---- */

HOOK int close(int fd) {
    return rb_seam_close(fd);
}

HOOK int close_range(unsigned first, unsigned last, int flags) {
    return rb_seam_close_range(first, last, flags);
}

HOOK void closefrom(int first) {
    rb_seam_close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
}

HOOK int dup(int fd) {
    return rb_seam_dup(fd);
}

HOOK int dup2(int fd, int to) {
    return rb_seam_dup_onto(fd, to, -1);
}

HOOK int dup3(int fd, int to, int flags) {
    return rb_seam_dup_onto(fd, to, flags);
}

/* ---- loops ---- */

HOOK int epoll_create(int size) {
    return rb_seam_epoll_created(rb_real.epoll_create(size));
}

HOOK int epoll_create1(int flags) {
    return rb_seam_epoll_created(rb_real.epoll_create1(flags));
}

HOOK int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event) {
    return rb_seam_epoll_ctl(epfd, op, fd, event);
}

HOOK int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms) {
    return rb_seam_epoll_wait(epfd, events, max, timeout_ms, NULL);
}

HOOK int epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout_ms, const sigset_t *mask) {
    return rb_seam_epoll_wait(epfd, events, max, timeout_ms, mask);
}

HOOK int epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
                      const sigset_t *mask) {
    return rb_seam_epoll_pwait2(epfd, events, max, timeout, mask);
}

HOOK int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct timespec limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};

    before_blocking(NULL);
    if (!rb_seam_poll_concerned(fds, count))
        return rb_real.poll(fds, count, timeout_ms);
    return rb_seam_poll(fds, count, timeout_ms < 0 ? NULL : &limit, NULL);
}

HOOK int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    before_blocking(NULL);
    if (!rb_seam_poll_concerned(fds, count))
        return rb_real.ppoll(fds, count, timeout, mask);
    return rb_seam_poll(fds, count, timeout, mask);
}

HOOK int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);
HOOK int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room) {
    if (room / sizeof *fds < count)
        __chk_fail();
    return poll(fds, count, timeout_ms);
}

HOOK int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                     size_t room);
HOOK int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                     size_t room) {
    if (room / sizeof *fds < count)
        __chk_fail();
    return ppoll(fds, count, timeout, mask);
}

HOOK int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
                struct timeval *restrict timeout) {
    struct timespec limit;

    before_blocking(NULL);
    if (!rb_seam_select_concerned(count, in, out))
        return rb_real.select(count, in, out, except, timeout);
    if (timeout)
        limit = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
    return rb_seam_pselect(count, in, out, except, timeout ? &limit : NULL, NULL);
}

HOOK int pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
                 const struct timespec *restrict timeout, const sigset_t *restrict mask) {
    before_blocking(NULL);
    if (!rb_seam_select_concerned(count, in, out))
        return rb_real.pselect(count, in, out, except, timeout, mask);
    return rb_seam_pselect(count, in, out, except, timeout, mask);
}

/* ---- whatever there is no function for ---- */

/* How many arguments there are only the kernel knows: like libc's own, this takes six from where they would be. */
HOOK __attribute__((no_sanitize("address"))) long syscall(long number, ...) {
    long argument[6], result;
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        argument[i] = va_arg(list, long);
    va_end(list);
    if (rb_seam_syscall(number, argument, &result))
        return result;
    return rb_real.syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
