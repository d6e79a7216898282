/* refuse - run a program to which the kernel refuses part of io_uring.
 *
 *   refuse setup|enter|register|register=OPCODE EPERM|ENOSYS|EINVAL program [argument ...]
 *
 * A seccomp filter answers that call, or that one register operation, with that error: EINVAL to a register operation
 * is what a kernel answers that does not know it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NOT_FOUND = 127, ANY_OPCODE = -1 };

static unsigned call_number(const char *name) {
    if (strcmp(name, "setup") == 0)
        return SYS_io_uring_setup;
    if (strcmp(name, "enter") == 0)
        return SYS_io_uring_enter;
    return SYS_io_uring_register;
}

static unsigned error_number(const char *name) {
    if (strcmp(name, "EPERM") == 0)
        return EPERM;
    return strcmp(name, "ENOSYS") == 0 ? ENOSYS : EINVAL;
}

static int refuse(unsigned call, int opcode, unsigned error) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)opcode, 0, opcode == ANY_OPCODE ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

int main(int argc, char **argv) {
    const char *opcode = argc < 4 ? NULL : strchr(argv[1], '=');

    if (argc < 4) {
        fputs("usage: refuse setup|enter|register|register=OPCODE EPERM|ENOSYS|EINVAL program ...\n", stderr);
        return EXIT_USAGE;
    }
    if (refuse(call_number(argv[1]), opcode != NULL ? atoi(opcode + 1) : ANY_OPCODE, error_number(argv[2])) == -1) {
        perror("refuse: seccomp");
        return EXIT_USAGE;
    }
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    return EXIT_NOT_FOUND;
}
