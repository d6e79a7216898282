/* Kernels before 5.11 do not know epoll_pwait2, nor do some filters: a program that calls epoll_wait need not notice,
 * neither when the ring cannot be had nor when its loop has just left it. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { WAIT_MS = 30, LATER_MS = 200 /* the ring's end is long past */ };

static void forbid_epoll_pwait2(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_INT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void *send_later(void *peer) {
    check_sleep_ms(LATER_MS);
    net_send_text(*(int *)peer, "z");
    return NULL;
}

static double processor_ms(void) {
    struct rusage usage;
    CHECK_FD(getrusage(RUSAGE_SELF, &usage));
    return 1e3 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-3 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void expect_waits(int ep, int ours, int peer) {
    struct epoll_event event;
    pthread_t thread;
    double start = check_now_ms(), used;

    EPL_NOTHING(ep, WAIT_MS);
    CHECK(check_now_ms() - start >= WAIT_MS);
    epl_interrupted(ep, -1);
    used = processor_ms();
    CHECK_INT(pthread_create(&thread, NULL, send_later, &peer), 0);
    CHECK_INT(epoll_wait(ep, &event, 1, -1), 1);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_SAY(processor_ms() - used < LATER_MS / 2, "a wait that takes %.0f ms of the processor",
              processor_ms() - used);
    net_expect_text(ours, "z");
}

int main(void) {
    check_begin(10);
    int ours, peer, ep;

    epl_handler(0);
    forbid_epoll_pwait2();
    ep = epl_stream(&ours, &peer);
    expect_waits(ep, ours, peer);
    CHECK(!net_readable(ep, 0)); /* watched from outside, it is the kernel's epoll's */
    expect_waits(ep, ours, peer);
    net_close(ours);
    net_close(peer);
    net_close(ep);
    return check_passed();
}
