/* compare - one server on epoll and on the ring in turn, under the same load: what the files of the command share.
 *
 * compare.c       the command: what is looked at first, and the turns
 * compare_run     one run: server, load, what they took
 * compare_wait    until the server listens
 * compare_ring    whether it was the ring that carried the server
 * compare_sum     medians, ratios and what they mean
 * compare_print   the table, compare_json the same for programs
 */
#ifndef RB_CLI_COMPARE_H
#define RB_CLI_COMPARE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "compare_request.h"
#include "counter.h"
#include "load_report.h"
#include "ports.h"
#include "stats.h"

/* What `compare` exits with besides enum cli_exit; 128 and more: the signal that interrupted it. */
enum compare_exit {
    COMPARE_NOT_ON_RING = 3,  /* the server would run, or ran, on epoll both times */
    COMPARE_NO_PORT = 4,      /* the server never listened */
    COMPARE_SERVER_ENDED = 5, /* before it was asked to */
    COMPARE_LOAD_FAILED = 6,
    COMPARE_PORT_TAKEN = 7 /* somebody else listens where the load goes to */
};

enum compare_side { COMPARE_EPOLL, COMPARE_RING, COMPARE_SIDES };

/* Everything that stays the same from run to run. */
struct compare_setup {
    const struct compare_request *request;
    const char *preload;              /* LD_PRELOAD without our adapters; NULL: none */
    bool pinned;                      /* else the CPU sets mean nothing */
    cpu_set_t server_cpus, load_cpus; /* */
    char **ring_command;              /* `ringback run ... -- server`, NULL-terminated */
    unsigned total;                   /* runs, those included that are not timed */
};

enum { COMPARE_WHY_MAX = 512 };

/* What the stat pages of the server's processes said after the load, summed up. */
struct compare_ring {
    bool used;          /* a ring was entered while the load ran */
    bool rests;         /* not used, because Ringback left the server to epoll: it had no bytes for a ring to move */
    unsigned processes; /* that have a page */
    unsigned ring_loops, epoll_loops, resting_loops; /* of them */
    uint64_t counter[RB_COUNTER_COUNT];
    uint64_t fallback[RB_FALLBACK_COUNT];
    char why[COMPARE_WHY_MAX]; /* a sentence: not used, why not; used, why not by all; else "" */
};

/* What one run came to; NAN for what is not known. Costs are the server's while the load ran, all its processes. */
struct compare_run {
    double wall_s; /* of the load */
    double cpu_s;
    double load_cpu_s; /* the load's own */
    double others;     /* share of the CPUs that anybody else took meanwhile */
    double switches;
    double peak_bytes; /* also before the load */
    double syscalls;
    enum counter_method method;      /* by which these were counted */
    char uncounted[COUNTER_WHY_MAX]; /* why not, or not by a better method */
    int report_error;                /* 0: report has figures; else as load_report_read */
    struct load_report report;
    struct port port;         /* where the server listened */
    struct compare_ring ring; /* of the ring's side */
};

/* All runs there were. */
struct compare_runs {
    unsigned pairs;
    struct compare_run timed[COMPARE_SIDES][COMPARE_RUNS_MAX];
    bool counted_once; /* the next holds */
    struct compare_run counted[COMPARE_SIDES];
};

/* compare_side_name - "epoll" or "ring". Static. */
const char *compare_side_name(enum compare_side side);

/* compare_run_once - start the server, load it, measure, end both.
 *   number  of this run among all, from 1; for the reader
 *   count   count system calls; nothing else of the run is to be trusted then
 * Returns CLI_OK, or what to exit with after printing why; nothing is left running in any case. */
int compare_run_once(struct compare_run *run, const struct compare_setup *setup, enum compare_side side,
                     unsigned number, bool count);

/* compare_interrupted - what to exit with if a signal came, else CLI_OK. */
int compare_interrupted(void);

#endif
