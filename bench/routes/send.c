/* send - the sending end of bench/zerocopy: one connection, one method, so many messages of one size.
 *
 * Prints "done WALL_NS CPU_NS DRAIN_CPU_NS NOTIFIED COPIED OUTSTANDING TELLS". To a drain the time ends with
 * its word that everything came; a host that swallows says nothing, and then it ends when all of it is acknowledged.
 * Exits with 3 and the reason where the kernel lacks the method.
 */
#include "methods.h"
#include "tcp.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_LACKING = 3, SLOTS = 8 };
#define MESSAGES_MAX UINT64_C(1000000000)

struct job {
    bool swallowed;
    enum method method;
    struct wire_order order;
    struct sender sender;
    struct wire_answer answer;
};

static int fail(const char *what, int error) {
    const char *hint = error == -ENOMEM ? " (RLIMIT_MEMLOCK? ulimit -l shows it)" : "";
    (void)fprintf(stderr, "send: %s: %s%s\n", what, strerror(-error), hint);
    return EXIT_FAILURE;
}

/* Until the kernel holds nothing of it any more. */
static int wait_acknowledged(int fd) {
    const struct timespec pause = {.tv_nsec = 100000};
    int queued = 1;
    while (queued > 0) {
        if (ioctl(fd, SIOCOUTQ, &queued) != 0) {
            return -errno;
        }
        if (queued > 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return 0;
}

/* Everything between the two looks at the clocks. */
static int send_all(struct job *job, int fd) {
    int error = 0;
    for (uint64_t i = 0; i < job->order.messages && error == 0; i++) {
        error = sender_send(&job->sender, i);
    }
    if (error == 0 && !job->swallowed && shutdown(fd, SHUT_WR) != 0) {
        error = -errno;
    }
    if (error == 0 && job->swallowed) {
        error = wait_acknowledged(fd);
    }
    if (error == 0) {
        error = sender_finish(&job->sender);
    }
    if (error == 0 && !job->swallowed) {
        error = wire_read_answer(fd, &job->answer);
    }
    return error;
}

static int run(struct job *job, int fd) {
    int error = sender_open(&job->sender, job->method, fd, job->order.size, (unsigned)job->order.slots);
    if (error == -EOPNOTSUPP || error == -EINVAL || error == -ENOSYS || error == -EPERM || error == -ENOMEM) {
        (void)fail(method_name(job->method), error);
        return EXIT_LACKING;
    }
    if (error != 0) {
        return fail(method_name(job->method), error);
    }
    error = job->swallowed ? 0 : wire_write_order(fd, &job->order);
    if (error == 0 && !job->swallowed) {
        error = wire_read_answer(fd, &job->answer); /* it is ready */
    }
    if (error != 0) {
        return fail("the order", error);
    }
    const uint64_t begin_ns = tcp_now_ns();
    const uint64_t cpu_begin_ns = wire_cpu_ns();
    error = send_all(job, fd);
    const uint64_t cpu_ns = wire_cpu_ns() - cpu_begin_ns;
    const uint64_t wall_ns = tcp_now_ns() - begin_ns;
    if (error != 0) {
        return fail("sending", error);
    }
    if (!job->swallowed && (job->answer.messages != job->order.messages || job->answer.wrong != 0)) {
        (void)fprintf(stderr, "send: of %" PRIu64 " messages %" PRIu64 " came, %" PRIu64 " pieces wrong\n",
                      job->order.messages, job->answer.messages, job->answer.wrong);
        return EXIT_FAILURE;
    }
    (void)printf("done %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u %d\n", wall_ns, cpu_ns,
                 job->answer.cpu_ns, job->sender.notified, job->sender.copied, job->sender.outstanding_max,
                 job->sender.kernel_tells ? 1 : 0);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    static struct job job;
    bool nagle = false;
    bool ok = argc >= 7 && (strcmp(argv[1], "drained") == 0 || strcmp(argv[1], "swallowed") == 0);
    if (ok) {
        job.swallowed = strcmp(argv[1], "swallowed") == 0;
        job.method = method_find(argv[4]);
        job.order.slots = SLOTS;
        for (int i = 7; i < argc && ok; i++) {
            const bool check = strcmp(argv[i], "check") == 0;
            ok = check || strcmp(argv[i], "nagle") == 0;
            job.order.check_all = job.order.check_all || check;
            nagle = nagle || !check;
        }
        ok = ok && job.method != METHODS && tcp_parse_number(argv[5], WIRE_STAMP, WIRE_SIZE_MAX, &job.order.size) &&
             tcp_parse_number(argv[6], 1, MESSAGES_MAX, &job.order.messages);
    }
    if (!ok) {
        (void)fprintf(stderr, "usage: %s drained|swallowed HOST PORT METHOD BYTES MESSAGES [check] [nagle]\n", argv[0]);
        return EXIT_USAGE;
    }
    const int fd = wire_connect(argv[2], argv[3]);
    if (fd < 0) {
        return fail("connecting", fd);
    }
    const int off = 0;
    if (nagle && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &off, sizeof(off)) != 0) {
        return fail("TCP_NODELAY", -errno);
    }
    const int status = run(&job, fd);
    sender_close(&job.sender);
    (void)close(fd);
    return status;
}
