/* kept - see kept.h. */
#include "kept.h"
#include "clock.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 2000, LOOK_MS = 10, STOP_SLACK_MS = 5000 };
#define NS_PER_MS UINT64_C(1000000)

/* What the keeper tells, and is told. */
struct kept_notes {
    _Atomic int ended;  /* the program itself; status and end_ns hold then */
    _Atomic int status; /* its wait status */
    _Atomic uint64_t begin_ns;
    _Atomic uint64_t end_ns;
    _Atomic uint64_t cpu_ns; /* what the processes that the keeper waited for took, as the next two */
    _Atomic uint64_t switches;
    _Atomic uint64_t peak;     /* of one of them */
    _Atomic unsigned grace_ms; /* told */
};

enum phase {
    PHASE_KEEPING,
    PHASE_ASKED,     /* the program was asked to end */
    PHASE_ASKED_ALL, /* so was everybody else */
    PHASE_KILLING
};

/* The keeper's own state; there is one to a process. */
struct keeper {
    struct kept_notes *notes;
    struct group *group;
    pid_t program; /* 0 once it has ended */
    enum phase phase;
    uint64_t deadline_ns;
};

static uint64_t time_ns(const struct timeval *time) {
    return ((uint64_t)time->tv_sec * 1000000U + (uint64_t)time->tv_usec) * 1000U;
}

static void note_end(struct keeper *keeper, pid_t pid, int status, const struct rusage *usage) {
    struct kept_notes *notes = keeper->notes;
    const uint64_t peak = (uint64_t)usage->ru_maxrss * 1024;
    notes->cpu_ns += time_ns(&usage->ru_utime) + time_ns(&usage->ru_stime);
    notes->switches += (uint64_t)(usage->ru_nvcsw + usage->ru_nivcsw);
    notes->peak = notes->peak > peak ? notes->peak : peak;
    if (pid == keeper->program) {
        notes->status = status;
        notes->end_ns = rb_now_ns();
        notes->ended = 1;
        keeper->program = 0;
    }
}

/* Wait for those that have ended. Returns whether anybody is left. */
static bool reap(struct keeper *keeper) {
    for (;;) {
        int status = 0;
        struct rusage usage = {0};
        const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid <= 0) {
            return pid == 0 || errno != ECHILD;
        }
        note_end(keeper, pid, status, &usage);
    }
}

static void signal_all(int number) {
    static pid_t pids[TREE_MAX];
    const size_t count = tree_pids(getpid(), pids, TREE_MAX);
    for (size_t i = 0; i < count; i++) {
        (void)kill(pids[i], number);
        (void)kill(pids[i], SIGCONT); /* who is stopped ends only then */
    }
}

/* One step further, as far as it is time. */
static void go_on(struct keeper *keeper, bool asked) {
    switch (keeper->phase) {
    case PHASE_KEEPING:
        if (!asked) {
            return;
        }
        keeper->deadline_ns = rb_now_ns() + keeper->notes->grace_ms * NS_PER_MS;
        keeper->phase = PHASE_ASKED;
        if (keeper->program != 0) {
            (void)kill(keeper->program, SIGTERM);
            (void)kill(keeper->program, SIGCONT);
        }
        break;
    case PHASE_ASKED:
        if (keeper->program == 0) {
            signal_all(SIGTERM);
            keeper->phase = PHASE_ASKED_ALL;
        }
        break;
    case PHASE_ASKED_ALL:
        break;
    case PHASE_KILLING:
        if (group_kill(keeper->group) != 0) {
            signal_all(SIGKILL); /* and again until nobody is left, for they may fork meanwhile */
        }
        return;
    }
    if (rb_now_ns() >= keeper->deadline_ns) {
        keeper->phase = PHASE_KILLING;
    }
}

/* The keeper's life: until the last one has ended. */
static void keep(struct keeper *keeper, const sigset_t *signals) {
    while (reap(keeper)) {
        const struct timespec wait = {.tv_nsec = keeper->phase == PHASE_KEEPING ? 999999999L : LOOK_MS * 1000000L};
        const int number = sigtimedwait(signals, NULL, &wait);
        (void)reap(keeper);
        go_on(keeper, number > 0 && number != SIGCHLD);
    }
    group_remove(keeper->group);
}

static void begin_program(const struct launch *launch, const struct group *group) {
    (void)setpgid(0, 0);
    (void)group_join(group); /* without it, time is counted by process */
    launch_exec(launch);
}

static void become_keeper(struct kept *kept, const struct launch *launch, pid_t parent) {
    static const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    struct keeper keeper = {.notes = kept->notes, .group = &kept->group};
    sigset_t signals;
    (void)sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        (void)sigaddset(&signals, handled[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)setpgid(0, 0); /* the terminal's Ctrl-C is not for us */
    (void)prctl(PR_SET_NAME, "ringback-keeper");
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        group_remove(&kept->group);
        _exit(1);
    }
    keeper.notes->begin_ns = rb_now_ns();
    keeper.program = fork();
    if (keeper.program == 0) {
        begin_program(launch, &kept->group);
    }
    if (keeper.program > 0) {
        keep(&keeper, &signals);
    } else {
        group_remove(&kept->group);
    }
    _exit(0);
}

int kept_start(struct kept *kept, const struct launch *launch, const char *group) {
    *kept = (struct kept){0};
    void *notes = mmap(NULL, sizeof(*kept->notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (notes == MAP_FAILED) {
        return -errno;
    }
    kept->notes = notes;
    kept->notes->grace_ms = GRACE_MS;
    if (group != NULL) {
        (void)group_make(&kept->group, group);
    }
    (void)fflush(NULL); /* or the child would write our buffers once more */
    const pid_t parent = getpid();
    const pid_t keeper = fork();
    if (keeper == 0) {
        become_keeper(kept, launch, parent);
    }
    if (keeper < 0) {
        const int error = -errno;
        group_remove(&kept->group);
        return error;
    }
    kept->keeper = keeper;
    return 0;
}

enum kept_state kept_state(struct kept *kept, int *status) {
    if (kept->keeper > 0 && waitpid(kept->keeper, NULL, WNOHANG) == kept->keeper) {
        kept->keeper = 0;
    }
    const bool ended = kept->keeper == 0 || kept->notes->ended != 0;
    if (ended && status != NULL) {
        *status = kept->notes->ended != 0 ? kept->notes->status : LAUNCH_EXIT_CANNOT_RUN << 8;
    }
    return kept->keeper == 0 ? KEPT_ENDED : ended ? KEPT_ORPHANS : KEPT_RUNNING;
}

size_t kept_pids(const struct kept *kept, pid_t *pids, size_t max) {
    return kept->keeper > 0 ? tree_pids(kept->keeper, pids, max) : 0;
}

double kept_seconds(const struct kept *kept) {
    return (double)(kept->notes->end_ns - kept->notes->begin_ns) / 1e9;
}

void kept_cost(const struct kept *kept, struct tree_cost *cost) {
    static pid_t pids[TREE_MAX];
    uint64_t ns = 0;
    tree_cost(cost, pids, kept_pids(kept, pids, TREE_MAX));
    cost->cpu_ns += kept->notes->cpu_ns;
    cost->switches += kept->notes->switches;
    cost->peak = cost->peak > kept->notes->peak ? cost->peak : kept->notes->peak;
    if (group_cpu_ns(&kept->group, &ns) == 0) {
        cost->cpu_ns = ns;
    }
}

void kept_stop(struct kept *kept, unsigned grace_ms) {
    const uint64_t deadline_ns = rb_now_ns() + (grace_ms + STOP_SLACK_MS) * NS_PER_MS;
    const struct timespec look = {.tv_nsec = NS_PER_MS};
    if (kept->notes == NULL) {
        return;
    }
    kept->notes->grace_ms = grace_ms;
    if (kept_state(kept, NULL) != KEPT_ENDED) {
        (void)kill(kept->keeper, SIGTERM);
    }
    while (kept_state(kept, NULL) != KEPT_ENDED && rb_now_ns() < deadline_ns) {
        (void)nanosleep(&look, NULL);
    }
    if (kept->keeper == 0) {
        group_remove(&kept->group); /* the keeper has done so, unless something ended it */
    }
    kept->keeper = 0; /* what does not end by SIGKILL hangs in the kernel: the keeper goes on waiting for it */
    (void)munmap(kept->notes, sizeof(*kept->notes));
    kept->notes = NULL;
}
