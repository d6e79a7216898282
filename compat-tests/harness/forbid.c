/* forbid - run a program that the kernel does not let use io_uring.
 *
 *   forbid EPERM|ENOSYS [NAME=VALUE ...] program [argument ...]
 *
 * A seccomp filter answers io_uring_setup, io_uring_enter and io_uring_register with that error, as container
 * runtimes do. NAME=VALUE goes into the program's environment only: LD_PRELOAD must not act on this launcher.
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

enum { EXIT_USAGE = 2, EXIT_NOT_FOUND = 127 };

static int forbid_io_uring(unsigned error) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_register, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

int main(int argc, char **argv) {
    if (argc < 3 || (strcmp(argv[1], "EPERM") != 0 && strcmp(argv[1], "ENOSYS") != 0)) {
        fprintf(stderr, "usage: forbid EPERM|ENOSYS [NAME=VALUE ...] program [argument ...]\n");
        return EXIT_USAGE;
    }
    if (forbid_io_uring(strcmp(argv[1], "EPERM") == 0 ? EPERM : ENOSYS) == -1) {
        perror("forbid: seccomp");
        return EXIT_USAGE;
    }
    int program = 2;
    while (program < argc && strchr(argv[program], '=') && argv[program][0] != '/')
        putenv(argv[program++]);
    if (program == argc) {
        fprintf(stderr, "forbid: no program\n");
        return EXIT_USAGE;
    }
    execvp(argv[program], argv + program);
    fprintf(stderr, "forbid: %s: %s\n", argv[program], strerror(errno));
    return EXIT_NOT_FOUND;
}
