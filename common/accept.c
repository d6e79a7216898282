#include "accept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc/real.h"
#include "process.h"
#include "rawcall.h"
#include "show.h"

enum { ROOM_FIRST = 16 };

/* Nobody has asked for this connection and nobody will: its peer sees the reset that the kernel's own backlog gives. */
static void refuse(int fd) {
    struct linger at_once = {1, 0};

    rb_real.setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    rb_rawcall_close(fd);
}

bool rb_accept_alone(const struct rb_file *file) {
    uint32_t generation = atomic_load_explicit(&rb_process.generation, memory_order_relaxed);

    return atomic_load_explicit(&rb_fdtable_sole[file->fd], memory_order_relaxed) == generation + 1;
}

void rb_accept_company(struct rb_file *file) {
    rb_file_set_sole(file->fd, 0);
}

bool rb_accept_candidate(const struct rb_file *file) {
    if (!rb_process.caps.have[RB_CAP_ACCEPT_MULTISHOT] || file->kind == RB_KIND_STREAM || file->kind == RB_KIND_OTHER)
        return false;
    if (!rb_accept_alone(file) || (file->want & (EPOLLET | EPOLLONESHOT | EPOLLRDHUP | EPOLLOUT)))
        return false;
    switch (rb_process.streams) {
    case RB_STREAMS_OFF:
        return false;
    case RB_STREAMS_HINTED:
        return file->hint && file->hint->listener;
    case RB_STREAMS_AUTO:
        return (file->hint && file->hint->listener) || file->kind == RB_KIND_LISTENER;
    }
    return false;
}

bool rb_accept_carries(const struct rb_file *file) {
    return file->backlog && (file->backlog->op || file->backlog->wanted || file->backlog->count > 0);
}

bool rb_accept_pending(const struct rb_file *file) {
    return file->backlog && (file->backlog->count > 0 || file->backlog->error);
}

static enum rb_kind ask_kind(struct rb_file *file) {
    int listening = 0, domain = 0, flags = rb_real.fcntl(file->fd, F_GETFL, NULL);
    socklen_t length = sizeof listening;

    if (flags < 0 || !(flags & O_NONBLOCK))
        return RB_KIND_OTHER;
    if (rb_real.getsockopt(file->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 || !listening)
        return RB_KIND_OTHER;
    length = sizeof domain;
    if (rb_real.getsockopt(file->fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0)
        return RB_KIND_OTHER;
    file->local = domain == AF_UNIX;
    return domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX ? RB_KIND_LISTENER : RB_KIND_OTHER;
}

/* With room for a few from the start: a connection that was accepted can be put back nowhere. */
static struct rb_backlog *make_backlog(void) {
    struct rb_backlog *backlog = calloc(1, sizeof *backlog);

    if (!backlog)
        return NULL;
    backlog->fd = malloc(ROOM_FIRST * sizeof *backlog->fd);
    if (!backlog->fd) {
        free(backlog);
        return NULL;
    }
    backlog->room = ROOM_FIRST;
    return backlog;
}

void rb_accept_adopt(struct rb_reactor *r, struct rb_file *file, int flags) {
    if (r->state != RB_REACTOR_RING || (file->backlog && file->backlog->op))
        return;
    if (file->kind == RB_KIND_UNKNOWN) {
        file->kind = ask_kind(file);
        rb_show(r, file);
    }
    if (file->kind == RB_KIND_OTHER)
        rb_show_set_aside(r, file, RB_WHY_NO_STREAM);
    if (!rb_accept_candidate(file))
        return;
    if (!file->backlog)
        file->backlog = make_backlog();
    if (!file->backlog)
        return;
    file->backlog->flags = flags;
    file->backlog->wanted = true;
    atomic_store_explicit(&file->carried, true, memory_order_release);
    rb_show(r, file);
    rb_reactor_dirty(r, file);
}

void rb_accept_reconcile(struct rb_reactor *r, struct rb_file *file) {
    struct rb_backlog *backlog = file->backlog;
    struct io_uring_sqe *sqe;

    if (!backlog)
        return;
    if (backlog->wanted && !rb_accept_alone(file)) {
        backlog->wanted = false;
        rb_show(r, file);
    }
    if (backlog->op && (!(file->want & EPOLLIN) || !rb_accept_alone(file))) {
        /* A listener that is not watched must leave its connections to others, and to the kernel's limit. */
        if (backlog->op->state == RB_OP_ARMED)
            rb_reactor_cancel(r, backlog->op);
        return;
    }
    if (!backlog->wanted || backlog->op || !(file->want & EPOLLIN))
        return;
    backlog->wanted = false;
    sqe = rb_reactor_submit(r, RB_OP_ACCEPT, file, &backlog->op);
    if (!sqe)
        return;
    io_uring_prep_multishot_accept(sqe, file->fd, NULL, NULL, backlog->flags);
    sqe->user_data = rb_op_user_data(backlog->op);
    rb_ring_tie(&r->ring, sqe);
}

static bool keep(struct rb_backlog *backlog, int fd) {
    unsigned room = backlog->room * 2;
    int *list;

    /* A listener that is never quite empty must not walk through ever more memory. */
    if (backlog->first > 0 && backlog->first + backlog->count == backlog->room) {
        memmove(backlog->fd, backlog->fd + backlog->first, backlog->count * sizeof *backlog->fd);
        backlog->first = 0;
    }
    if (backlog->count == backlog->room) {
        list = realloc(backlog->fd, room * sizeof *list);
        if (!list)
            return false;
        backlog->fd = list;
        backlog->room = room;
    }
    backlog->fd[backlog->first + backlog->count++] = fd;
    return true;
}

void rb_accept_complete(struct rb_reactor *r, struct rb_op *op, int result, unsigned flags) {
    struct rb_file *file = op->file;
    bool more = flags & IORING_CQE_F_MORE;

    if (!more)
        rb_op_free(&r->ops, op);
    if (!file || !file->backlog) {
        if (result >= 0)
            refuse(result);
        return;
    }
    if (result >= 0) {
        rb_count(r->stats, RB_COUNTER_ACCEPTS, 1);
        if (!keep(file->backlog, result)) {
            refuse(result);
            rb_reactor_fail(r, "realloc", ENOMEM); /* the kernel's own backlog shall keep the next ones */
        }
    }
    if (!more) {
        file->backlog->op = NULL;
        /* Errors such as EMFILE are told to the program, which knows what to do; its next accept arms anew. */
        if (result < 0 && result != -ECANCELED && result != -EINTR && result != -EAGAIN)
            file->backlog->error = -result;
        else
            file->backlog->wanted = rb_accept_candidate(file);
        rb_show(r, file);
        rb_reactor_dirty(r, file);
    }
    rb_reactor_ready(r, file);
}

static void apply_flags(int fd, int have, int want) {
    if ((have ^ want) & SOCK_CLOEXEC)
        rb_real.fcntl(fd, F_SETFD, (void *)(long)((want & SOCK_CLOEXEC) ? FD_CLOEXEC : 0));
    if ((have ^ want) & SOCK_NONBLOCK)
        rb_real.fcntl(fd, F_SETFL, (void *)(long)(O_RDWR | ((want & SOCK_NONBLOCK) ? O_NONBLOCK : 0)));
}

int rb_accept_take(struct rb_reactor *r, struct rb_file *file, struct sockaddr *address, socklen_t *length, int flags) {
    struct rb_backlog *backlog = file->backlog;
    int fd;

    if (!backlog)
        return -EXDEV;
    if (backlog->count == 0 && backlog->op)
        rb_reactor_take_news(r);
    if (backlog->count == 0) {
        int error = backlog->error;

        backlog->error = 0;
        if (error) {
            rb_reactor_dirty(r, file);
            return -error;
        }
        /* Another thread than the ring's may find what that one has no time for. */
        return backlog->op && rb_reactor_owned(r) ? -EAGAIN : -EXDEV;
    }
    fd = backlog->fd[backlog->first++];
    if (--backlog->count == 0) {
        backlog->first = 0;
        if (!backlog->op) /* from here on POLL has to watch, or an accept to be armed */
            rb_reactor_dirty(r, file);
    }
    apply_flags(fd, backlog->flags, flags);
    /* A peer that is gone already has no name any more; accept(2) would have given it, its length says so here. */
    if (address && length && rb_real.getpeername(fd, address, length) < 0)
        *length = 0;
    return fd;
}

void rb_accept_release(struct rb_reactor *r, struct rb_file *file) {
    struct rb_backlog *backlog = file->backlog;

    if (!backlog)
        return;
    if (backlog->op) {
        rb_reactor_cancel(r, backlog->op);
        if (rb_reactor_owned(r))
            rb_reactor_settle(r, backlog->op);
    }
    backlog->wanted = false;
}

static void end_backlog(struct rb_file *file, void (*end)(int fd)) {
    struct rb_backlog *backlog = file->backlog;

    if (!backlog)
        return;
    for (unsigned i = 0; i < backlog->count; i++)
        end(backlog->fd[backlog->first + i]);
    free(backlog->fd);
    free(backlog);
    file->backlog = NULL;
}

void rb_accept_drop(struct rb_file *file) {
    end_backlog(file, refuse);
}

/* Nothing but the number goes: the connection, and with it how it ends, is the parent's. */
static void close_copy(int fd) {
    rb_rawcall_close(fd);
}

void rb_accept_forked(struct rb_file *file) {
    end_backlog(file, close_copy);
}
