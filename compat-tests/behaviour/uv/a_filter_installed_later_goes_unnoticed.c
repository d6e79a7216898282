/* A server that locks itself in (seccomp) after its start, as many do, forbids io_uring while its connections are being
 * served: they go on, with what was written and received at that moment. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CLIENTS = 4 };

static uv_loop_t loop;
static uv_tcp_t listener;
static int lock_in;
static int client[CLIENTS];

static void forbid_the_ring(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_io_uring_setup, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_io_uring_register, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_INT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* In the second turn: between the writes of the first and the wait that follows them. */
static void prepared(uv_prepare_t *handle) {
    (void)handle;
    if (lock_in > 0 && --lock_in == 0)
        forbid_the_ring();
}

static void time_is_up(uv_timer_t *timer) {
    uv_stop(timer->loop);
}

/* Until every client has been answered, or the deadline of the test. */
static void expect_answers(void) {
    for (int k = 0; k < CLIENTS; k++) {
        while (!net_readable(client[k], 0))
            uvl_run_for(&loop, 5);
        net_expect_text(client[k], "hello");
    }
}

static void exchange(int rounds) {
    for (int i = 0; i < rounds; i++) {
        for (int k = 0; k < CLIENTS; k++)
            net_send_text(client[k], "hello");
        uvl_run_for(&loop, 5);
        expect_answers();
    }
}

int main(void) {
    check_begin(10);
    CHECK_UV(uv_loop_init(&loop));
    uint16_t port = uvl_listen(&loop, &listener, uvl_accept_echo);
    uv_prepare_t prepare;
    CHECK_UV(uv_prepare_init(&loop, &prepare));
    CHECK_UV(uv_prepare_start(&prepare, prepared));
    for (int k = 0; k < CLIENTS; k++)
        client[k] = net_connect(port);
    exchange(3);
    for (int k = 0; k < CLIENTS; k++)
        net_send_text(client[k], "hello");
    uv_timer_t timer;
    CHECK_UV(uv_timer_init(&loop, &timer));
    CHECK_UV(uv_timer_start(&timer, time_is_up, 50, 0));
    lock_in = 2;
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_INT(lock_in, 0);
    expect_answers();
    exchange(3);
    for (int k = 0; k < CLIENTS; k++)
        net_close(client[k]);
    uvl_run_for(&loop, 10);
    uvl_end(&loop);
    return check_passed();
}
