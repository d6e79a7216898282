/* methods - see methods.h. */
#include "methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Newer than Debian 12's liburing. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

enum { PAGE = 4096, ENTRIES = 2 * WIRE_SLOTS_MAX };

static const char *const names[METHODS] = {
    [METHOD_WRITE] = "write",           [METHOD_SEND] = "send",         [METHOD_SEND_ZC] = "send_zc",
    [METHOD_SENDMSG_ZC] = "sendmsg_zc", [METHOD_ZC_FIXED] = "zc_fixed",
};

const char *method_name(enum method method) {
    return names[method];
}

enum method method_find(const char *name) {
    int method = 0;
    while (method < METHODS && strcmp(names[method], name) != 0) {
        method++;
    }
    return (enum method)method;
}

static bool is_zero_copy(enum method method) {
    return method == METHOD_SEND_ZC || method == METHOD_SENDMSG_ZC || method == METHOD_ZC_FIXED;
}

static int check_support(struct sender *sender) {
    const int opcode = sender->method == METHOD_SEND         ? IORING_OP_SEND
                       : sender->method == METHOD_SENDMSG_ZC ? IORING_OP_SENDMSG_ZC
                                                             : IORING_OP_SEND_ZC;
    struct io_uring_probe *probe = io_uring_get_probe_ring(&sender->ring);
    const bool has = probe != NULL && io_uring_opcode_supported(probe, opcode);
    io_uring_free_probe(probe);
    return has ? 0 : -EOPNOTSUPP;
}

static int register_slots(struct sender *sender) {
    struct iovec slot[WIRE_SLOTS_MAX];
    for (unsigned i = 0; i < sender->slots; i++) {
        slot[i] = (struct iovec){sender->content + i * sender->size, sender->size};
    }
    return io_uring_register_buffers(&sender->ring, slot, sender->slots);
}

int sender_open(struct sender *sender, enum method method, int fd, size_t size, unsigned slots) {
    *sender = (struct sender){.method = method, .fd = fd, .size = size, .slots = slots, .kernel_tells = true};
    sender->ring.ring_fd = -1;
    sender->content = aligned_alloc(PAGE, (slots * size + PAGE - 1) / PAGE * PAGE);
    if (sender->content == NULL) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < slots; i++) {
        wire_fill(sender->content + i * size, size, i);
    }
    if (method == METHOD_WRITE) {
        return 0;
    }
    int error = io_uring_queue_init(ENTRIES, &sender->ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    if (error != 0) {
        sender->ring.ring_fd = -1;
        return error;
    }
    error = check_support(sender);
    return error == 0 && method == METHOD_ZC_FIXED ? register_slots(sender) : error;
}

static void note(struct sender *sender, const struct io_uring_cqe *cqe) {
    const unsigned slot = (unsigned)cqe->user_data;
    if ((cqe->flags & IORING_CQE_F_NOTIF) != 0) {
        sender->held[slot]--;
        sender->outstanding--;
        sender->notified++;
        sender->copied += ((uint32_t)cqe->res & IORING_NOTIF_USAGE_ZC_COPIED) != 0;
        return;
    }
    sender->result = cqe->res;
    sender->result_is_in = true;
    if ((cqe->flags & IORING_CQE_F_MORE) != 0) {
        sender->held[slot]++;
        sender->outstanding++;
        sender->outstanding_max =
            sender->outstanding > sender->outstanding_max ? sender->outstanding : sender->outstanding_max;
    }
}

/* Submit what there is, wait for one completion at least, and take all that are in. */
static int turn(struct sender *sender) {
    const int error = io_uring_submit_and_wait(&sender->ring, 1);
    if (error < 0 && error != -EINTR) {
        return error;
    }
    struct io_uring_cqe *cqe = NULL;
    unsigned head = 0;
    unsigned count = 0;
    io_uring_for_each_cqe(&sender->ring, head, cqe) {
        note(sender, cqe);
        count++;
    }
    io_uring_cq_advance(&sender->ring, count);
    return 0;
}

/* The message in pieces, less the first `done` bytes. */
static void cut(struct sender *sender, unsigned char *content, size_t done) {
    const size_t step = (sender->size + METHOD_PIECES - 1) / METHOD_PIECES;
    size_t pieces = 0;
    for (size_t at = done; at < sender->size; pieces++) {
        const size_t end = at / step * step + step;
        const size_t length = (end < sender->size ? end : sender->size) - at;
        sender->piece[pieces] = (struct iovec){content + at, length};
        at += length;
    }
    sender->message = (struct msghdr){.msg_iov = sender->piece, .msg_iovlen = pieces};
}

static void prepare(struct sender *sender, unsigned slot, size_t done) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&sender->ring);
    unsigned char *content = sender->content + slot * sender->size;
    const size_t length = sender->size - done;
    switch (sender->method) {
    case METHOD_WRITE:
    case METHODS:
        break; /* no ring */
    case METHOD_SEND:
        io_uring_prep_send(sqe, sender->fd, content + done, length, MSG_WAITALL);
        break;
    case METHOD_SEND_ZC:
        io_uring_prep_send_zc(sqe, sender->fd, content + done, length, MSG_WAITALL, 0);
        break;
    case METHOD_SENDMSG_ZC:
        cut(sender, content, done);
        io_uring_prep_sendmsg_zc(sqe, sender->fd, &sender->message, MSG_WAITALL);
        break;
    case METHOD_ZC_FIXED:
        io_uring_prep_send_zc_fixed(sqe, sender->fd, content + done, length, MSG_WAITALL, 0, slot);
        break;
    }
    if (is_zero_copy(sender->method) && sender->kernel_tells) {
        sqe->ioprio |= IORING_SEND_ZC_REPORT_USAGE;
    }
    sqe->user_data = slot;
}

/* One operation. Returns what it sent or -errno. */
static int send_some(struct sender *sender, unsigned slot, size_t done) {
    if (sender->method == METHOD_WRITE) {
        const ssize_t count =
            send(sender->fd, sender->content + slot * sender->size + done, sender->size - done, MSG_NOSIGNAL);
        return count < 0 ? -errno : (int)count;
    }
    prepare(sender, slot, done);
    sender->result_is_in = false;
    while (!sender->result_is_in) {
        const int error = turn(sender);
        if (error != 0) {
            return error;
        }
    }
    return sender->result;
}

/* After an error: make way for another try. Returns 0 when there is one, else the error. */
static int make_way(struct sender *sender, int error) {
    if (error == -EINTR) {
        return 0;
    }
    if (error == -EINVAL && is_zero_copy(sender->method) && sender->kernel_tells && sender->notified == 0) {
        sender->kernel_tells = false; /* before 6.2 it does not tell whether it copied */
        return 0;
    }
    if (error == -ENOMEM && sender->outstanding > 0) {
        return turn(sender); /* so much may an ordinary user have pinned: some of it has to come back first */
    }
    return error;
}

int sender_send(struct sender *sender, uint64_t number) {
    const unsigned slot = (unsigned)(number % sender->slots);
    int error = 0;
    while (sender->held[slot] > 0 && error == 0) {
        error = turn(sender); /* every slot waits: the pipeline is full */
    }
    if (error == 0) {
        wire_stamp(sender->content + slot * sender->size, number);
    }
    for (size_t done = 0; done < sender->size && error == 0;) {
        const int result = send_some(sender, slot, done);
        done += result > 0 ? (size_t)result : 0;
        error = result < 0 ? make_way(sender, result) : 0;
    }
    return error;
}

int sender_finish(struct sender *sender) {
    int error = 0;
    while (sender->outstanding > 0 && error == 0) {
        error = turn(sender);
    }
    return error;
}

void sender_close(struct sender *sender) {
    if (sender->ring.ring_fd >= 0) {
        io_uring_queue_exit(&sender->ring);
    }
    free(sender->content);
    sender->content = NULL;
}
