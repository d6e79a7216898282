/* proof - whether a server's loops were really carried by io_uring, asked of `ringback stat` and of the kernel. */
#ifndef BENCH_PROOF_H
#define BENCH_PROOF_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROOF_TEXT_MAX = 512 };

struct proof {
    bool asked;
    bool carried;             /* as Ringback means it to be: by the ring, or */
    bool rests;               /* by epoll, because nothing in it has bytes that the ring would move */
    double enters;            /* 0 without stat, as all counts here */
    double bytes_in;          /* received by the ring */
    double bytes_out;         /* sent by the ring */
    char why[PROOF_TEXT_MAX]; /* not carried: why not; carried: what of it ran on epoll, or "" */
};

/* proof_take - look at a running server. Never fails: what cannot be proven is not carried, and why says so.
 *   bin_dir  where `ringback` is */
void proof_take(struct proof *proof, const char *bin_dir, pid_t pid);

#endif
