/* child - see child.h. */
#include "child.h"
#include "clock.h"
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_GRACE_MS = 3000, STOP_LOOK_US = 500, POLL_SLICE_MS = 100 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    interrupted = number;
}

void child_catch_signals(void) {
    const struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits are to end */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
}

int child_interrupted(void) {
    return interrupted;
}

/* In the child. */
static void child_become(const struct launch *launch, pid_t parent) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(LAUNCH_EXIT_CANNOT_RUN); /* it died before the line above */
    }
    launch_exec(launch);
}

int child_start(struct child *child, const char *const *argv, const char *preload, int cpu) {
    *child = (struct child){.out = -1, .said = -1};
    if (interrupted != 0) {
        return -EINTR;
    }
    int out[2] = {-1, -1};
    child->said = memfd_create("standard error", MFD_CLOEXEC);
    if (child->said < 0 || pipe2(out, O_CLOEXEC) != 0) {
        const int error = -errno;
        (void)child_stop(child, NULL);
        return error;
    }
    child->out = out[0];
    (void)fflush(NULL); /* or the child would write our buffers once more */
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu == CHILD_CPU_ANY ? 0 : (size_t)cpu, &set);
        const struct launch launch = {
            .argv = argv,
            .preload = preload,
            .cpus = cpu == CHILD_CPU_ANY ? NULL : &set,
            .out = out[1],
            .error = child->said,
        };
        child_become(&launch, parent);
    }
    const int error = -errno;
    (void)close(out[1]);
    if (pid < 0) {
        (void)child_stop(child, NULL);
        return error;
    }
    (void)setpgid(pid, pid); /* in both processes: whoever comes first */
    child->pid = pid;
    return 0;
}

bool child_findable(const char *program) {
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        char file[PATH_MAX];
        const size_t length = strcspn(path, ":");
        (void)snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, program);
        if (access(file, X_OK) == 0) {
            return true;
        }
        path += length + (path[length] == ':');
    }
    return false;
}

int child_read(const struct child *child, bool line, char *text, size_t size, unsigned timeout_ms) {
    const uint64_t deadline_ns = rb_now_ns() + timeout_ms * UINT64_C(1000000);
    size_t length = 0;
    struct pollfd wait = {.fd = child->out, .events = POLLIN};
    while (length < size - 1) {
        const int ready = poll(&wait, 1, POLL_SLICE_MS);
        if (interrupted != 0) {
            return -EINTR;
        }
        if (ready == 0 && rb_now_ns() > deadline_ns) {
            return -ETIMEDOUT;
        }
        if (ready <= 0) {
            continue;
        }
        const ssize_t count = read(child->out, text + length, line ? 1 : size - 1 - length);
        if (count < 0) {
            return -errno;
        }
        length += (size_t)count;
        text[length] = '\0';
        if (count == 0) {
            return line ? -EPIPE : 0;
        }
        if (line && text[length - 1] == '\n') {
            return 0;
        }
    }
    return -EMSGSIZE;
}

bool child_running(const struct child *child, unsigned grace_ms) {
    const uint64_t deadline_ns = rb_now_ns() + grace_ms * UINT64_C(1000000);
    const struct timespec look = {.tv_nsec = STOP_LOOK_US * 1000L};
    siginfo_t info = {0};
    while (child->pid > 0 && waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0) {
        if (rb_now_ns() >= deadline_ns) {
            return true;
        }
        (void)nanosleep(&look, NULL);
    }
    return false;
}

/* Returns true and the status once it has ended. */
static bool reap_within(pid_t pid, unsigned ms, int *status) {
    const uint64_t deadline_ns = rb_now_ns() + ms * UINT64_C(1000000);
    const struct timespec look = {.tv_nsec = STOP_LOOK_US * 1000L};
    while (waitpid(pid, status, WNOHANG) != pid) {
        if (rb_now_ns() > deadline_ns) {
            return false;
        }
        (void)nanosleep(&look, NULL);
    }
    return true;
}

/* The end of the standard error, in one line. */
static void take_said(const struct child *child, char *said) {
    said[0] = '\0';
    if (child->said < 0) {
        return;
    }
    const off_t end = lseek(child->said, 0, SEEK_END);
    const off_t start = end > CHILD_SAID_MAX - 1 ? end - (CHILD_SAID_MAX - 1) : 0;
    ssize_t count = pread(child->said, said, CHILD_SAID_MAX - 1, start);
    while (count > 0 && said[count - 1] == '\n') {
        count--;
    }
    said[count > 0 ? count : 0] = '\0';
    for (char *c = said; *c != '\0'; c++) {
        *c = *c == '\n' ? ';' : *c;
    }
}

int child_wait(struct child *child, char *said, unsigned grace_ms) {
    int status = 0;
    if (child->pid > 0 && !reap_within(child->pid, grace_ms, &status)) {
        (void)kill(child->pid, SIGTERM);
        if (!reap_within(child->pid, STOP_GRACE_MS, &status)) {
            (void)kill(-child->pid, SIGKILL);
            (void)waitpid(child->pid, &status, 0);
        }
    }
    child->pid = 0;
    if (said != NULL) {
        take_said(child, said);
    }
    if (child->out >= 0) {
        (void)close(child->out);
    }
    if (child->said >= 0) {
        (void)close(child->said);
    }
    child->out = -1;
    child->said = -1;
    return status;
}

int child_stop(struct child *child, char *said) {
    if (child->pid > 0) {
        (void)kill(child->pid, SIGTERM);
    }
    return child_wait(child, said, STOP_GRACE_MS);
}
