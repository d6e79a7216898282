/* load_run - drives a running server with rb-load or wrk and reads what they measured. */
#ifndef BENCH_LOAD_RUN_H
#define BENCH_LOAD_RUN_H

#include "trial.h"

#include <sys/types.h>

struct load_run {
    const struct options *options;
    const struct trial_place *place;
    const struct contest_row *row;
    pid_t server;
    int port;
    bool count_syscalls;
};

/* load_run - as the row's contest wants it. Fills the figures of trial. Returns 0, or -errno and trial->error. */
int load_run(const struct load_run *run, struct trial *trial);

/* load_run_wrk - with wrk. Only load_run calls it. */
int load_run_wrk(const struct load_run *run, struct trial *trial);

/* load_run_call - run a load program to its end and take its output.
 * Returns 0 when it ended well, else -errno, trial->error then says what it said. */
int load_run_call(const struct load_run *run, struct trial *trial, const char *const *argv, unsigned ms_max, char *text,
                  size_t size);

#endif
