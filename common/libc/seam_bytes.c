/* The calls that move bytes, connections and socket options. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../accept.h"
#include "../process.h"
#include "../reactor.h"
#include "../show.h"
#include "../stream.h"
#include "seam.h"

static bool carried(const struct rb_file *file) {
    return atomic_load_explicit(&file->carried, memory_order_acquire);
}

/* Give *result and errno the shape of a libc call. */
static bool answer(ssize_t got, ssize_t *result) {
    if (got < 0) {
        errno = (int)-got;
        got = -1;
    }
    *result = got;
    return true;
}

/* ---- receiving ---- */

/* Flags that ask for something other than the next bytes, which only the kernel can answer. */
enum { SPECIAL_RECEIVE = MSG_OOB | MSG_ERRQUEUE | MSG_TRUNC };

/* Asking has used it up, and the bytes before it are told of now. */
static void keep_error_for_next_call(struct rb_file *file, int error) {
    struct rb_reactor *r = rb_file_lock(file);

    if (!r)
        return;
    rb_stream_fail(r, file, error);
    pthread_mutex_unlock(&r->lock);
}

/* After the inbox gave its bytes: the kernel has the rest. */
static ssize_t rest_of_receive(struct rb_file *file, const struct iovec *iov, int count, size_t have, int flags) {
    struct iovec rest[16];
    struct msghdr message = {.msg_iov = rest};
    ssize_t more;

    for (int i = 0; i < count && message.msg_iovlen < sizeof rest / sizeof rest[0]; i++) {
        if (have >= iov[i].iov_len) {
            have -= iov[i].iov_len;
            continue;
        }
        rest[message.msg_iovlen].iov_base = (char *)iov[i].iov_base + have;
        rest[message.msg_iovlen++].iov_len = iov[i].iov_len - have;
        have = 0;
    }
    more = message.msg_iovlen > 0 ? rb_real.recvmsg(file->fd, &message, flags) : 0;
    if (more < 0 && errno != EAGAIN && errno != EINTR)
        keep_error_for_next_call(file, errno);
    return more > 0 ? more : 0;
}

bool rb_seam_receive(struct rb_file *file, const struct iovec *iov, int count, int flags, ssize_t *result) {
    struct rb_reactor *r;
    bool rest_in_kernel;
    ssize_t got;

    if (!carried(file) || (flags & SPECIAL_RECEIVE) || rb_stream_total(iov, count) == 0)
        return false;
    rb_seam_cancellation_point();
    r = rb_file_lock(file);
    if (!r)
        return false;
    got = rb_stream_read(r, file, iov, count, flags);
    rest_in_kernel = rb_stream_rest_in_kernel(file);
    pthread_mutex_unlock(&r->lock);
    if (got == -EXDEV)
        return false;
    if ((flags & (MSG_WAITALL | MSG_PEEK)) && got > 0 && rest_in_kernel)
        got += rest_of_receive(file, iov, count, (size_t)got, flags & MSG_WAITALL ? flags : flags | MSG_DONTWAIT);
    return answer(got, result);
}

bool rb_seam_recvmsg(struct rb_file *file, struct msghdr *message, int flags, ssize_t *result) {
    if (!carried(file))
        return false;
    if (message->msg_control && message->msg_controllen > 0) {
        /* A plain receive would drop the descriptors that may come with the bytes. */
        struct rb_reactor *r = rb_file_lock(file);

        if (r) {
            rb_stream_release(r, file, RB_WHY_CONTROL);
            pthread_mutex_unlock(&r->lock);
        }
    }
    if (!rb_seam_receive(file, message->msg_iov, (int)message->msg_iovlen, flags, result))
        return false;
    if (*result >= 0) {
        message->msg_namelen = 0;
        message->msg_controllen = 0;
        message->msg_flags = 0;
    }
    return true;
}

/* May move to the ring now? Cheap, no lock: most reads are of descriptors that never will. */
static bool may_adopt(const struct rb_file *file, struct rb_reactor *r, bool sending) {
    if (rb_process.streams == RB_STREAMS_OFF || !rb_reactor_owned(r) || file->kind == RB_KIND_OTHER)
        return false;
    if (rb_process.streams == RB_STREAMS_HINTED || sending)
        return file->hint && file->hint->stream;
    return true;
}

/* When the loop reports next, what it knew of this descriptor is old. */
static void note_use(struct rb_file *file, const struct rb_reactor *r) {
    atomic_store_explicit(&file->used_turn, atomic_load_explicit(&r->turn, memory_order_relaxed), memory_order_relaxed);
}

/* A TCP socket gives all that it has. (Others do not: a datagram at a time, or up to a descriptor that is passed.)
 * Asked with the second short read, for many connections have but one. */
static bool is_tcp(struct rb_file *file) {
    enum rb_tcp tcp = atomic_load_explicit(&file->tcp, memory_order_relaxed);
    int type = 0, domain = 0;
    socklen_t length = sizeof type;

    if (tcp == RB_TCP_UNKNOWN) {
        tcp = RB_TCP_ASK;
    } else if (tcp == RB_TCP_ASK) {
        rb_real.getsockopt(file->fd, SOL_SOCKET, SO_TYPE, &type, &length);
        length = sizeof domain;
        rb_real.getsockopt(file->fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
        tcp = type == SOCK_STREAM && (domain == AF_INET || domain == AF_INET6) ? RB_TCP_YES : RB_TCP_NO;
    }
    atomic_store_explicit(&file->tcp, tcp, memory_order_relaxed);
    return tcp == RB_TCP_YES;
}

/* The socket is empty. Unless something has woken the loop meanwhile, the next wake-up is of bytes that came later. */
static void note_exhausted(struct rb_file *file, const struct rb_reactor *r) {
    if (rb_reactor_owned(r) && r->ring.open && !rb_ring_has_news(&r->ring))
        atomic_store_explicit(&file->exhausted, true, memory_order_relaxed);
}

static void note_short_read(struct rb_file *file, const struct rb_reactor *r, int error) {
    if (is_tcp(file)) {
        atomic_store_explicit(&file->drained, true, memory_order_relaxed);
        note_exhausted(file, r);
    }
    errno = error;
}

ssize_t rb_seam_received(struct rb_file *file, int flags, size_t room, ssize_t result) {
    struct rb_reactor *r = atomic_load_explicit(&file->reactor, memory_order_acquire);
    int error = errno;

    if (!r)
        return result;
    note_use(file, r);
    atomic_store_explicit(&file->exhausted, false, memory_order_relaxed);
    if (flags & SPECIAL_RECEIVE & ~MSG_TRUNC) /* says nothing of the next bytes */
        return result;
    if (result > 0 && (size_t)result < room && (flags & ~MSG_DONTWAIT) == 0)
        note_short_read(file, r, error);
    if (result < 0 && error == EAGAIN) {
        atomic_fetch_and_explicit(&file->level, ~(uint32_t)(EPOLLIN | EPOLLRDNORM), memory_order_relaxed);
        note_exhausted(file, r);
    } else if (result > 0 && may_adopt(file, r, false) && file->stream.recv == RB_RECV_READINESS) {
        r = rb_file_lock(file);
        if (r) {
            rb_stream_weigh_read(file, (size_t)result);
            rb_stream_adopt_receive(r, file);
            pthread_mutex_unlock(&r->lock);
        }
        errno = error;
    }
    return result;
}

bool rb_seam_bypass_receive(struct rb_file *file) {
    struct rb_reactor *r = carried(file) ? rb_file_lock(file) : NULL;

    if (!r)
        return false;
    rb_stream_release(r, file, RB_WHY_SPLICED);
    pthread_mutex_unlock(&r->lock);
    return true;
}

/* ---- sending ---- */

/* write(2) on a broken connection raises the signal; the ring's own send never does. */
static void raise_if_broken(ssize_t got, int flags) {
    if (got == -EPIPE && !(flags & MSG_NOSIGNAL))
        raise(SIGPIPE);
}

/* The ring's receive has taken the error from the socket: whoever asks first is told, as there, and it is used up.
 * Without DEFER_TASKRUN it may have done so since the last turn, at any return from the kernel. */
static int take_error(struct rb_reactor *r, struct rb_file *file) {
    int error;

    if (file->stream.recv_op && r->ring.open && rb_reactor_owned(r))
        rb_reactor_drain(r);
    error = file->stream.recv == RB_RECV_ENDED ? file->stream.recv_error : 0;
    if (error) {
        file->stream.recv_error = 0;
        rb_reactor_dirty(r, file); /* POLL tells what is left: the hangup */
    }
    return error;
}

bool rb_seam_send(struct rb_file *file, const struct iovec *iov, int count, int flags, ssize_t *result) {
    struct rb_reactor *r;
    ssize_t got;

    if (!carried(file))
        return false;
    rb_seam_cancellation_point();
    r = rb_file_lock(file);
    if (!r)
        return false;
    got = rb_stream_output_rests(file) && rb_stream_total(iov, count) > 0 ? -take_error(r, file) : 0;
    if (got == 0)
        got = rb_stream_write(r, file, iov, count);
    pthread_mutex_unlock(&r->lock);
    if (got == -EXDEV)
        return false;
    raise_if_broken(got, flags);
    return answer(got, result);
}

bool rb_seam_sendmsg(struct rb_file *file, const struct msghdr *message, int flags, ssize_t *result) {
    if (!carried(file))
        return false;
    if (message->msg_controllen > 0 || message->msg_namelen > 0)
        return rb_seam_bypass_send(file, result);
    return rb_seam_send(file, message->msg_iov, (int)message->msg_iovlen, flags, result);
}

bool rb_seam_bypass_send(struct rb_file *file, ssize_t *result) {
    struct rb_reactor *r = carried(file) ? rb_file_lock(file) : NULL;
    bool busy;

    if (!r)
        return false;
    if (rb_reactor_owned(r))
        rb_stream_submit(r, file);
    busy = file->stream.send != RB_SEND_IDLE || file->stream.sent > 0;
    pthread_mutex_unlock(&r->lock);
    return busy && answer(-EAGAIN, result);
}

/* So many bytes the ring might have sent without a copy. What became of them otherwise is counted, and of datagrams
 * that they never can. */
static void count_copied(struct rb_file *file, size_t bytes) {
    int type = SOCK_STREAM, error = errno;
    socklen_t length = sizeof type;

    if (bytes < rb_process.zerocopy_min || rb_process.zerocopy == RB_ZEROCOPY_OFF)
        return;
    if (file->kind == RB_KIND_UNKNOWN &&
        (rb_real.getsockopt(file->fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_STREAM)) {
        struct rb_reactor *r = rb_file_lock(file);

        if (r) {
            rb_show_set_aside(r, file, RB_WHY_NO_STREAM);
            pthread_mutex_unlock(&r->lock);
        }
    }
    rb_stats_fallback(file->kind == RB_KIND_OTHER ? RB_FALLBACK_ZC_UNSUPPORTED : RB_FALLBACK_UNPINNED_WRITE);
    errno = error;
}

int rb_seam_sent_many(struct rb_file *file, const struct mmsghdr *list, int result) {
    if (atomic_load_explicit(&file->reactor, memory_order_relaxed))
        for (int i = 0; i < result; i++)
            count_copied(file, list[i].msg_len);
    return (int)rb_seam_sent(file, result);
}

ssize_t rb_seam_sent(struct rb_file *file, ssize_t result) {
    struct rb_reactor *r = atomic_load_explicit(&file->reactor, memory_order_acquire);
    int error = errno;
    bool full = result < 0 && error == EAGAIN;

    if (!r)
        return result;
    note_use(file, r);
    if (result > 0)
        count_copied(file, (size_t)result);
    if (full)
        atomic_fetch_and_explicit(&file->level, ~(uint32_t)(EPOLLOUT | EPOLLWRNORM), memory_order_relaxed);
    if ((full ? carried(file) : result > 0 && !carried(file)) && may_adopt(file, r, true)) {
        r = rb_file_lock(file);
        if (r) {
            if (full) {
                file->stream.blocked = true;
                rb_reactor_dirty(r, file);
            } else {
                rb_stream_adopt_send(r, file);
            }
            pthread_mutex_unlock(&r->lock);
        }
        errno = error;
    }
    return result;
}

/* ---- connections ---- */

int rb_seam_socket(int domain, int type, int protocol) {
    uint32_t generation = rb_process.generation; /* of before: whoever is forked meanwhile may have it, too */
    int fd = rb_real.socket(domain, type, protocol);

    /* A vfork child's socket is not ours. */
    if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM && rb_process_is_us())
        rb_file_set_sole(fd, generation + 1);
    return fd;
}

/* The socket gets a second owner, who may wait for its connections as well. */
static void share(int fd) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r;

    if (!file)
        return;
    rb_accept_company(file);
    r = rb_file_lock(file);
    if (!r)
        return;
    rb_accept_release(r, file);
    rb_reactor_dirty(r, file);
    pthread_mutex_unlock(&r->lock);
}

void rb_seam_passing(const struct msghdr *message) {
    int error = errno, fd;

    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR((struct msghdr *)message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS || !rb_process_is_us())
            continue;
        for (size_t at = CMSG_LEN(0); at + sizeof fd <= part->cmsg_len; at += sizeof fd) {
            memcpy(&fd, (const char *)part + at, sizeof fd);
            share(fd);
        }
    }
    errno = error;
}

/* A descriptor straight from accept is known: a connected stream socket. */
static void note_connection(const struct rb_file *listener, int fd, int flags) {
    struct rb_file *file = rb_file_get(fd);

    if (!file || listener->kind != RB_KIND_LISTENER || listener->local ||
        atomic_load_explicit(&file->reactor, memory_order_relaxed))
        return;
    file->hint = NULL;
    file->shared = false;
    file->kind = flags & SOCK_NONBLOCK ? RB_KIND_STREAM : RB_KIND_UNKNOWN;
}

bool rb_seam_accept(struct rb_file *file, struct sockaddr *address, socklen_t *length, int flags, int *result) {
    struct rb_reactor *r;
    ssize_t got;

    if (!carried(file))
        return false;
    rb_seam_cancellation_point();
    r = rb_file_lock(file);
    if (!r)
        return false;
    got = rb_accept_take(r, file, address, length, flags);
    pthread_mutex_unlock(&r->lock);
    if (got == -EXDEV)
        return false;
    if (got >= 0)
        note_connection(file, (int)got, flags);
    answer(got, &got);
    *result = (int)got;
    return true;
}

int rb_seam_accepted(struct rb_file *file, int flags, int result) {
    struct rb_reactor *r = atomic_load_explicit(&file->reactor, memory_order_acquire);
    int error = errno;

    if (!r)
        return result;
    note_use(file, r);
    if (result < 0 && error == EAGAIN)
        atomic_fetch_and_explicit(&file->level, ~(uint32_t)(EPOLLIN | EPOLLRDNORM), memory_order_relaxed);
    if (result >= 0 && rb_reactor_owned(r) && rb_process.streams != RB_STREAMS_OFF) {
        r = rb_file_lock(file);
        if (r) {
            rb_accept_adopt(r, file, flags);
            pthread_mutex_unlock(&r->lock);
        }
        note_connection(file, result, flags);
        errno = error;
    }
    return result;
}

void rb_seam_shutdown(struct rb_file *file, int how) {
    struct rb_reactor *r = carried(file) || how != SHUT_WR ? rb_file_lock(file) : NULL;

    if (!r)
        return;
    note_use(file, r);
    /* A receive ends with it, but what arrives later is read all the same. To a listener it is the end of those who
     * wait. */
    if (how != SHUT_WR) {
        rb_stream_release(r, file, RB_WHY_SHUT_DOWN);
        rb_accept_drop(file);
    }
    /* What was written goes before the FIN; what did not fit would not have been written on epoll either. */
    if (how != SHUT_RD && rb_reactor_owned(r))
        rb_stream_settle_send(r, file);
    pthread_mutex_unlock(&r->lock);
}

/* ---- options ---- */

bool rb_seam_getsockopt(struct rb_file *file, int level, int name, void *value, socklen_t *length) {
    struct rb_reactor *r;
    bool told = false;
    int error;

    if (level != SOL_SOCKET || name != SO_ERROR || !carried(file) || !value || !length || *length < sizeof(int))
        return false;
    r = rb_file_lock(file);
    if (!r)
        return false;
    error = take_error(r, file);
    if (error) {
        memcpy(value, &error, sizeof(int));
        *length = sizeof(int);
        told = true;
    }
    pthread_mutex_unlock(&r->lock);
    return told;
}

void rb_seam_setsockopt(struct rb_file *file, int level, int name) {
    struct rb_reactor *r;

    if (level != IPPROTO_TCP || (name != TCP_CORK && name != TCP_NODELAY && name != TCP_ULP) || !carried(file))
        return;
    r = rb_file_lock(file);
    if (!r)
        return;
    if (name == TCP_ULP) /* from here on the kernel turns the bytes into others */
        rb_stream_release(r, file, RB_WHY_TRANSFORMED);
    else if (rb_reactor_owned(r))
        rb_stream_submit(r, file);
    pthread_mutex_unlock(&r->lock);
}

/* The descriptor blocks from now on: its calls must wait, which only the kernel can do. */
static void now_blocking(struct rb_file *file) {
    struct rb_reactor *r = rb_file_lock(file);

    if (!r) {
        file->kind = RB_KIND_UNKNOWN;
        return;
    }
    rb_stream_release(r, file, RB_WHY_BLOCKING);
    pthread_mutex_unlock(&r->lock);
}

/* What the ring has received and not told of yet is in the socket no more. */
static void take_news(struct rb_file *file) {
    struct rb_reactor *r = rb_file_lock(file);

    if (!r)
        return;
    rb_reactor_take_news(r);
    pthread_mutex_unlock(&r->lock);
}

int rb_seam_ioctl(int fd, unsigned long request, void *argument) {
    struct rb_file *file = rb_file_find(fd);
    struct rb_reactor *r;
    int result;

    if (file && request == FIONREAD && carried(file))
        take_news(file);
    result = rb_real.ioctl(fd, request, argument);
    if (!file || result < 0 || !argument)
        return result;
    if (request == FIONBIO && *(const int *)argument == 0) {
        now_blocking(file);
    } else if (request == FIONREAD && carried(file)) {
        r = rb_file_lock(file);
        if (r) {
            *(int *)argument += (int)file->stream.waiting;
            pthread_mutex_unlock(&r->lock);
        }
    }
    return result;
}

int rb_seam_fcntl(int (*real)(int, int, ...), int fd, int command, void *argument) {
    struct rb_file *file = rb_file_find(fd);
    int result;

    if (file && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
        rb_seam_to_stdio(fd);
    result = real(fd, command, argument);
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        return rb_seam_shared(fd, result);
    if (file && command == F_SETFL && result >= 0 && !((long)argument & O_NONBLOCK))
        now_blocking(file);
    return result;
}
