/* libuv 1.50 and later tells the kernel's epoll of new and changed interest through an io_uring of its own, set up by
 * syscall(2), and takes it back by epoll_ctl; where the set-up is refused it uses epoll_ctl for all. So does this:
 * either way the events must come. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES = 256 };

static struct {
    int fd; /* -1: refused */
    struct io_uring_params params;
    char *queues;
    struct io_uring_sqe *sqe;
    size_t queues_size, sqe_size;
} ring;

static void open_ring(void) {
    ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &ring.params);
    if (ring.fd < 0)
        return;
    size_t sq = ring.params.sq_off.array + ring.params.sq_entries * sizeof(uint32_t);
    size_t cq = ring.params.cq_off.cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe);
    ring.queues_size = sq > cq ? sq : cq;
    ring.sqe_size = ring.params.sq_entries * sizeof(struct io_uring_sqe);
    ring.queues = mmap(NULL, ring.queues_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
    ring.sqe = mmap(NULL, ring.sqe_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
    CHECK((void *)ring.queues != MAP_FAILED && (void *)ring.sqe != MAP_FAILED);
}

static void close_ring(void) {
    if (ring.fd < 0)
        return;
    CHECK_FD(munmap(ring.queues, ring.queues_size));
    CHECK_FD(munmap(ring.sqe, ring.sqe_size));
    CHECK_INT(syscall(SYS_close, ring.fd), 0);
}

static _Atomic uint32_t *place(uint32_t offset) {
    return (_Atomic uint32_t *)(void *)(ring.queues + offset);
}

static void control(int ep, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (ring.fd < 0) {
        CHECK_FD(epoll_ctl(ep, operation, fd, &event));
        return;
    }
    uint32_t tail = atomic_load(place(ring.params.sq_off.tail));
    uint32_t slot = tail & atomic_load(place(ring.params.sq_off.ring_mask));
    memset(&ring.sqe[slot], 0, sizeof ring.sqe[slot]);
    ring.sqe[slot].opcode = IORING_OP_EPOLL_CTL;
    ring.sqe[slot].fd = ep;
    ring.sqe[slot].addr = (uintptr_t)&event;
    ring.sqe[slot].len = (uint32_t)operation;
    ring.sqe[slot].off = (uint32_t)fd;
    atomic_store(place(ring.params.sq_off.array + slot * (uint32_t)sizeof(uint32_t)), slot);
    atomic_store(place(ring.params.sq_off.tail), tail + 1);
    CHECK_INT(syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), 1);
    uint32_t head = atomic_load(place(ring.params.cq_off.head));
    CHECK(atomic_load(place(ring.params.cq_off.tail)) == head + 1);
    const struct io_uring_cqe *cqe = (const void *)(ring.queues + ring.params.cq_off.cqes);
    CHECK_INT(cqe[head & atomic_load(place(ring.params.cq_off.ring_mask))].res, 0);
    atomic_store(place(ring.params.cq_off.head), head + 1);
}

static void serve(int ep, bool waited_before) {
    int ours, peer;
    if (waited_before)
        EPL_NOTHING(ep, 1);
    net_tcp_pair(&ours, &peer);
    control(ep, EPOLL_CTL_ADD, ours, EPOLLIN);
    EPL_NOTHING(ep, 1);
    net_send_text(peer, "x");
    EPL_EXPECT(ep, ours, EPOLLIN);
    net_expect_text(ours, "x");
    EPL_NOTHING(ep, 1);
    control(ep, EPOLL_CTL_MOD, ours, EPOLLIN | EPOLLOUT);
    EPL_EXPECT(ep, ours, EPOLLOUT);
    control(ep, EPOLL_CTL_MOD, ours, EPOLLIN);
    net_send_text(peer, "y");
    EPL_EXPECT(ep, ours, EPOLLIN);
    epl_delete(ep, ours);
    EPL_NOTHING(ep, 1);
    net_close(ours);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    int ep = epl_create();
    open_ring();
    serve(ep, false);
    serve(ep, true);
    close_ring();
    net_close(ep);
    return check_passed();
}
