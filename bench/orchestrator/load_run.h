/* load_run - drives a running server with rb-load or wrk and reads what they measured. */
#ifndef BENCH_LOAD_RUN_H
#define BENCH_LOAD_RUN_H

#include "trial.h"

#include <sys/types.h>

struct load_run {
    const struct options *options;
    const struct trial_place *place;
    const struct contest_row *row;
    pid_t server[CONTEST_SIDES_MAX];
    int port[CONTEST_SIDES_MAX];
    char path[CONTEST_SIDES_MAX][TRIAL_PATH_MAX]; /* instead of a port, over AF_UNIX */
    bool count_syscalls;
};

/* load_run - as the row's contest wants it. Fills the figures of all sides' trials. Returns 0, or -errno and then the
 * error of the side that failed says why. */
int load_run(const struct load_run *run, struct trial trials[CONTEST_SIDES_MAX]);

/* load_run_wrk - with wrk. Only load_run calls it. */
int load_run_wrk(const struct load_run *run, struct trial trials[CONTEST_SIDES_MAX]);

/* load_run_call - run a load program to its end and take its output.
 *   error_text  gets what failed; TRIAL_TEXT_MAX bytes
 * Returns 0 when it ended well, -EIO when its exit status was bad (text is then complete), else -errno. */
int load_run_call(const struct load_run *run, char *error_text, const char *const *argv, unsigned ms_max, char *text,
                  size_t size);

#endif
