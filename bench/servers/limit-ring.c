/* limit-ring - how fast an echo can be over io_uring when nothing stands between it and the kernel: RECV multishot into
 * one provided-buffer ring, the received buffers themselves sent back, one enter a turn. A floor for the comparison,
 * not a design to copy.
 *
 * Ownership of a buffer: the kernel's while it lies in the ring; from a receive completion on it is a piece in its
 * client's queue; once a send completion covers it entirely it goes back to the ring. A client has one send in flight
 * at most, of the pieces at the head of its queue, because two could overtake each other.
 *
 * A client is freed only when none of its operations is in flight, so a completion always finds it.
 */
#include "tcp.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SQ_ENTRIES = 2048, CQ_ENTRIES = 8192, BUFFER_GROUP = 0, SEND_PIECES_MAX = 8, NO_PIECE = -1 };

/* Few and large: a ring that stays in the cache beats one that never runs dry. */
enum { BUFFERS = 256, BUFFER_BYTES = 16 * 1024 };

/* Small messages use only the start of a buffer. Were the starts a power of two apart, they would all compete for the
 * same few sets of the cache. */
enum { BUFFER_STRIDE = BUFFER_BYTES + 3 * 64 };

enum client_state {
    CLIENT_OPEN,
    CLIENT_DRAINING, /* the peer has ended; what is queued still has to reach it */
    CLIENT_FAILED    /* shut down; waits for its operations to end */
};

enum { OPERATION_RECV = 1, OPERATION_SEND = 2, OPERATION_ACCEPT = 3, OPERATION_TERMINATE = 4, OPERATION_MASK = 7 };

struct piece {
    char *bytes;
    size_t count;
    int next; /* the piece after it in its client's queue */
};

struct client {
    LIST_ENTRY(client) link;
    TAILQ_ENTRY(client) hungry_link;
    int fd;
    enum client_state state;
    bool receiving;
    bool sending;
    bool hungry; /* its receive ended for want of a buffer */
    int first;   /* the queue, by piece number */
    int last;
    struct msghdr header;
    struct iovec iov[SEND_PIECES_MAX];
};

struct server {
    struct io_uring ring;
    struct io_uring_buf_ring *buffer_ring;
    char *memory;
    unsigned buffers_free;
    int listener;
    int terminate;
    bool accepting;
    struct piece piece[BUFFERS]; /* by buffer number */
    LIST_HEAD(, client) clients;
    TAILQ_HEAD(, client) hungry; /* first come, first served: one greedy peer starves nobody */
};

static struct io_uring_sqe *next_sqe(struct server *server) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&server->ring);
    while (sqe == NULL) {
        (void)io_uring_submit(&server->ring);
        sqe = io_uring_get_sqe(&server->ring);
    }
    return sqe;
}

static void tag(struct io_uring_sqe *sqe, const void *owner, unsigned operation) {
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)owner | operation);
}

static void buffer_give(struct server *server, int number) {
    char *bytes = server->memory + (size_t)number * BUFFER_STRIDE;
    io_uring_buf_ring_add(server->buffer_ring, bytes, BUFFER_BYTES, (unsigned short)number,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(server->buffer_ring, 1);
    server->buffers_free++;
}

static void accept_arm(struct server *server) {
    struct io_uring_sqe *sqe = next_sqe(server);
    io_uring_prep_multishot_accept(sqe, server->listener, NULL, NULL, SOCK_CLOEXEC);
    tag(sqe, NULL, OPERATION_ACCEPT);
    server->accepting = true;
}

static void client_receive(struct server *server, struct client *client) {
    struct io_uring_sqe *sqe = next_sqe(server);
    io_uring_prep_recv_multishot(sqe, client->fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUFFER_GROUP;
    tag(sqe, client, OPERATION_RECV);
    client->receiving = true;
}

/* Send the head of the queue: one piece plainly, several gathered. MSG_WAITALL lets the kernel go on after a short
 * send, so that a completion with fewer bytes is the exception. */
static void client_send(struct server *server, struct client *client) {
    struct io_uring_sqe *sqe = next_sqe(server);
    unsigned count = 0;
    for (int i = client->first; i != NO_PIECE && count < SEND_PIECES_MAX; i = server->piece[i].next) {
        client->iov[count] = (struct iovec){.iov_base = server->piece[i].bytes, .iov_len = server->piece[i].count};
        count++;
    }
    if (count == 1) {
        io_uring_prep_send(sqe, client->fd, client->iov[0].iov_base, client->iov[0].iov_len,
                           MSG_WAITALL | MSG_NOSIGNAL);
    } else {
        client->header = (struct msghdr){.msg_iov = client->iov, .msg_iovlen = count};
        io_uring_prep_sendmsg(sqe, client->fd, &client->header, MSG_WAITALL | MSG_NOSIGNAL);
    }
    tag(sqe, client, OPERATION_SEND);
    client->sending = true;
}

static void queue_drop_first(struct server *server, struct client *client) {
    const int number = client->first;
    client->first = server->piece[number].next;
    buffer_give(server, number);
}

static void queue_append(struct server *server, struct client *client, int number, size_t count) {
    server->piece[number] =
        (struct piece){.bytes = server->memory + (size_t)number * BUFFER_STRIDE, .count = count, .next = NO_PIECE};
    if (client->first == NO_PIECE) {
        client->first = number;
    } else {
        server->piece[client->last].next = number;
    }
    client->last = number;
}

static void client_free(struct server *server, struct client *client) {
    LIST_REMOVE(client, link);
    if (client->hungry) {
        TAILQ_REMOVE(&server->hungry, client, hungry_link);
    }
    (void)close(client->fd);
    free(client);
    if (!server->accepting) {
        accept_arm(server); /* it had ended for want of a descriptor */
    }
}

/* Free the client if it is done and the kernel holds nothing of it. */
static void client_settle(struct server *server, struct client *client) {
    const bool quiet = !client->receiving && !client->sending;
    const bool done = client->state == CLIENT_FAILED || (client->state == CLIENT_DRAINING && client->first == NO_PIECE);
    if (quiet && done) {
        while (client->first != NO_PIECE) {
            queue_drop_first(server, client);
        }
        client_free(server, client);
    }
}

/* The shutdown ends a receive that is armed; that is its cancel. */
static void client_fail(struct client *client) {
    client->state = CLIENT_FAILED;
    (void)shutdown(client->fd, SHUT_RDWR);
}

static void on_accept(struct server *server, const struct io_uring_cqe *cqe) {
    if ((cqe->flags & IORING_CQE_F_MORE) == 0) {
        server->accepting = false;
        if (cqe->res != -EMFILE && cqe->res != -ENFILE) {
            accept_arm(server); /* else the next client_free does it */
        }
    }
    if (cqe->res < 0) {
        return;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        (void)close(cqe->res);
        return;
    }
    client->fd = cqe->res;
    client->first = NO_PIECE;
    LIST_INSERT_HEAD(&server->clients, client, link);
    client_receive(server, client);
}

static void on_receive(struct server *server, struct client *client, const struct io_uring_cqe *cqe) {
    const bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    client->receiving = more;
    if (cqe->res > 0) {
        server->buffers_free--;
        queue_append(server, client, (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT), (size_t)cqe->res);
        if (!client->sending && client->state == CLIENT_OPEN) {
            client_send(server, client);
        }
        if (!more && client->state == CLIENT_OPEN) {
            client_receive(server, client);
        }
    } else if (cqe->res == -ENOBUFS) {
        if (client->state == CLIENT_OPEN) {
            client->hungry = true;
            TAILQ_INSERT_TAIL(&server->hungry, client, hungry_link);
        }
    } else if (cqe->res == 0) {
        client->state = client->state == CLIENT_OPEN ? CLIENT_DRAINING : client->state;
    } else {
        client_fail(client);
    }
    client_settle(server, client);
}

static void on_send(struct server *server, struct client *client, const struct io_uring_cqe *cqe) {
    client->sending = false;
    if (cqe->res < 0) {
        client_fail(client);
    }
    size_t sent = cqe->res < 0 ? 0 : (size_t)cqe->res;
    while (sent > 0) {
        struct piece *piece = &server->piece[client->first];
        const size_t taken = sent < piece->count ? sent : piece->count;
        piece->bytes += taken;
        piece->count -= taken;
        sent -= taken;
        if (piece->count == 0) {
            queue_drop_first(server, client);
        }
    }
    if (client->first != NO_PIECE && client->state != CLIENT_FAILED) {
        client_send(server, client);
    }
    client_settle(server, client);
}

/* Clients whose receive ended for want of a buffer start again, no more of them than there are buffers. */
static void feed_hungry(struct server *server) {
    for (unsigned i = 0; i < server->buffers_free && !TAILQ_EMPTY(&server->hungry); i++) {
        struct client *client = TAILQ_FIRST(&server->hungry);
        TAILQ_REMOVE(&server->hungry, client, hungry_link);
        client->hungry = false;
        client_receive(server, client);
    }
}

/* Returns false once the server has been told to end. */
static bool server_drain(struct server *server) {
    bool running = true;
    unsigned head = 0;
    unsigned count = 0;
    const struct io_uring_cqe *cqe = NULL;
    io_uring_for_each_cqe(&server->ring, head, cqe) {
        struct client *client = (struct client *)(uintptr_t)(cqe->user_data & ~(uint64_t)OPERATION_MASK);
        switch (cqe->user_data & OPERATION_MASK) {
        case OPERATION_RECV:
            on_receive(server, client, cqe);
            break;
        case OPERATION_SEND:
            on_send(server, client, cqe);
            break;
        case OPERATION_ACCEPT:
            on_accept(server, cqe);
            break;
        default:
            running = false;
            break;
        }
        count++;
    }
    io_uring_cq_advance(&server->ring, count);
    return running;
}

static int server_run(struct server *server) {
    bool running = true;
    while (running) {
        const int result = io_uring_submit_and_wait(&server->ring, 1);
        if (result < 0 && result != -EINTR) {
            return result;
        }
        running = server_drain(server);
        feed_hungry(server);
    }
    return 0;
}

static void *map_pages(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static int buffers_make(struct server *server) {
    server->buffer_ring = map_pages(BUFFERS * sizeof(struct io_uring_buf));
    server->memory = map_pages((size_t)BUFFERS * BUFFER_STRIDE);
    if (server->buffer_ring == NULL || server->memory == NULL) {
        return -ENOMEM;
    }
    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)server->buffer_ring, .ring_entries = BUFFERS, .bgid = BUFFER_GROUP};
    const int error = io_uring_register_buf_ring(&server->ring, &registration, 0);
    if (error != 0) {
        return error;
    }
    io_uring_buf_ring_init(server->buffer_ring);
    for (int i = 0; i < BUFFERS; i++) {
        buffer_give(server, i);
    }
    return 0;
}

static int server_start(struct server *server, int port) {
    server->terminate = tcp_terminate_fd();
    if (server->terminate < 0) {
        return server->terminate;
    }
    server->listener = tcp_listen(port);
    if (server->listener < 0) {
        return server->listener;
    }
    struct io_uring_params params = {.cq_entries = CQ_ENTRIES,
                                     .flags =
                                         IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE};
    int error = io_uring_queue_init_params(SQ_ENTRIES, &server->ring, &params);
    if (error != 0) {
        return error;
    }
    (void)io_uring_register_ring_fd(&server->ring); /* only saves a look-up: works without */
    error = buffers_make(server);
    if (error != 0) {
        return error;
    }
    struct io_uring_sqe *sqe = next_sqe(server);
    io_uring_prep_poll_add(sqe, server->terminate, POLLIN);
    tag(sqe, NULL, OPERATION_TERMINATE);
    accept_arm(server);
    return tcp_announce_fd(server->listener);
}

int main(int argc, char **argv) {
    static struct server server;
    LIST_INIT(&server.clients);
    TAILQ_INIT(&server.hungry);
    int error = server_start(&server, tcp_server_begin(argc, argv));
    if (error == 0) {
        error = server_run(&server);
        io_uring_queue_exit(&server.ring);
    }
    if (error != 0) {
        (void)fprintf(stderr, "limit-ring: %s\n", strerror(-error));
    }
    while (!LIST_EMPTY(&server.clients)) {
        struct client *client = LIST_FIRST(&server.clients);
        LIST_REMOVE(client, link);
        (void)close(client->fd);
        free(client);
    }
    return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
