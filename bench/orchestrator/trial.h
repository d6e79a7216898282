/* trial - one pair of runs: fresh servers, pinned to one core, one on epoll, one on the ring and perhaps the floor,
 * loaded in turns; what each cost, and what carried it. */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include "contest.h"
#include "latency.h"
#include "options.h"
#include "proof.h"

#include <stdbool.h>

enum { TRIAL_TEXT_MAX = 1024, TRIAL_PATH_MAX = 100 };

/* Where the programs run. */
struct trial_place {
    int server_cpu; /* CHILD_CPU_ANY when there is only one */
    int load_cpu;
};

struct trial {
    double requests_per_second;
    double requests;
    double cpu_us; /* of the server process, per request */
    double p50_us;
    double p99_us;
    double latency_us[LATENCY_POINTS]; /* NAN: not known */
    double idle_cpu_percent;           /* IDLE workload only, as the next two; NAN in others */
    double bytes_own;                  /* of the server's memory, for each connection */
    double bytes_kernel;               /* of the kernel's, for both ends */
    double waited_share;               /* of the window, taken from server or load by other work on their cores */
    double syscalls_per_request;       /* NAN: not counted; then syscalls_why says why, or nobody asked */
    char syscalls_method[16];
    char syscalls_why[TRIAL_TEXT_MAX];
    struct proof proof;         /* RING side of a program with an adapter only */
    char error[TRIAL_TEXT_MAX]; /* "": all went well; else nothing above counts */
};

/* trial_run - blocks until the runs are over; nothing of them is left running, whatever happened.
 *   trials          those of the contest's sides, by enum contest_side
 *   count_syscalls  also count system calls, after the measured window
 * Returns 0, or -errno and then one side's error at least says what failed; -EINTR when the comparison is being
 * interrupted. */
int trial_run(struct trial trials[CONTEST_SIDES_MAX], const struct options *options, const struct trial_place *place,
              const struct contest_row *row, bool count_syscalls);

#endif
