/* counter - see counter.h. */
#include "counter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STRACE_ATTACH_MS_MAX = 3000, STRACE_TEXT_MAX = 64 * 1024, EXIT_NO_COMMAND = 127 };
enum { STRACE_PROCESSES_MAX = 256, STRACE_WORDS_MAX = 8 + 2 * STRACE_PROCESSES_MAX };

int counter_cpu_ns(pid_t pid, uint64_t *ns) {
    /* The process's CPU clock and not /proc/PID/stat: nanoseconds instead of ticks, and threads that have ended (idle
     * io_uring workers do) keep counting. */
    clockid_t clock = 0;
    const int error = clock_getcpuclockid(pid, &clock);
    if (error != 0) {
        return -error;
    }
    struct timespec time = {0};
    if (clock_gettime(clock, &time) != 0) {
        return -errno;
    }
    *ns = (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
    return 0;
}

/* The second number of a thread's schedstat; 0 for a thread that has ended meanwhile. */
static uint64_t thread_waited_ns(pid_t pid, const char *thread) {
    char path[96];
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid, thread);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    unsigned long long waited = 0;
    if (fscanf(file, "%*u %llu", &waited) != 1) {
        waited = 0;
    }
    (void)fclose(file);
    return waited;
}

int counter_waited_ns(pid_t pid, uint64_t *ns) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) {
        return -errno;
    }
    *ns = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.') {
            *ns += thread_waited_ns(pid, entry->d_name);
        }
    }
    (void)closedir(tasks);
    return 0;
}

const char *counter_method_name(enum counter_method method) {
    switch (method) {
    case COUNTER_METHOD_PERF:
        return "perf";
    case COUNTER_METHOD_STRACE:
        return "strace";
    case COUNTER_METHOD_NONE:
        break;
    }
    return "none";
}

/* The tracepoint's number, or -errno. */
static int sys_enter_id(void) {
    static const char *const places[] = {
        "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
        "/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id",
    };
    int error = 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        FILE *file = fopen(places[i], "re");
        if (file == NULL) {
            error = error == 0 ? -errno : error; /* the first place is the usual one */
            continue;
        }
        int id = 0;
        const bool read_well = fscanf(file, "%d", &id) == 1;
        (void)fclose(file);
        return read_well ? id : -EIO;
    }
    return error;
}

static int perf_open(int id, pid_t tid) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(attributes),
        .config = (unsigned)id,
        .inherit = 1, /* threads and children that it makes from now on */
    };
    const long fd = syscall(SYS_perf_event_open, &attributes, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

static void perf_close(struct syscall_counter *counter) {
    for (unsigned i = 0; i < counter->threads; i++) {
        (void)close(counter->fd[i]);
    }
    counter->threads = 0;
}

/* A counter on every thread of a process. Returns 0 or -errno. */
static int perf_add(struct syscall_counter *counter, int id, pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) {
        return errno == ENOENT ? 0 : -errno; /* it has ended meanwhile */
    }
    int error = 0;
    const struct dirent *entry = NULL;
    while (error == 0 && (entry = readdir(tasks)) != NULL) {
        const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        int fd = tid > 0 ? perf_open(id, tid) : -ESRCH;
        if (fd >= 0 && counter->threads == COUNTER_THREADS_MAX) {
            (void)close(fd);
            fd = -E2BIG;
        }
        if (fd >= 0) {
            counter->fd[counter->threads] = fd;
            counter->threads++;
        } else if (fd != -ESRCH) { /* that is "." and "..", and a thread that has ended meanwhile */
            error = fd;
        }
    }
    (void)closedir(tasks);
    return error;
}

/* Returns 0 or -errno with nothing left open. */
static int perf_start(struct syscall_counter *counter, const pid_t *pids, size_t count) {
    const int id = sys_enter_id();
    int error = id < 0 ? id : 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        error = perf_add(counter, id, pids[i]);
    }
    if (error == 0 && counter->threads == 0) {
        error = -ESRCH;
    }
    if (error != 0) {
        perf_close(counter);
    }
    return error;
}

static int perf_stop(struct syscall_counter *counter, uint64_t *count) {
    int error = 0;
    *count = 0;
    for (unsigned i = 0; i < counter->threads; i++) {
        uint64_t value = 0;
        if (read(counter->fd[i], &value, sizeof(value)) != (ssize_t)sizeof(value)) {
            error = -EIO;
        }
        *count += value;
    }
    perf_close(counter);
    return error;
}

/* In the child: become strace. Its table goes to the memory file, its remarks to the pipe. */
static void strace_exec(const pid_t *pids, size_t count, int output, int remarks) {
    const char *argv[STRACE_WORDS_MAX] = {"strace", "-c", "-f", "-o"};
    char numbers[STRACE_PROCESSES_MAX][16];
    char output_text[32];
    size_t words = 4;
    (void)snprintf(output_text, sizeof(output_text), "/proc/self/fd/%d", output);
    argv[words++] = output_text;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(numbers[i], sizeof(numbers[i]), "%d", (int)pids[i]);
        argv[words++] = "-p";
        argv[words++] = numbers[i];
    }
    argv[words] = NULL;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)fcntl(output, F_SETFD, 0);
    (void)dup2(remarks, STDERR_FILENO);
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(EXIT_NO_COMMAND);
}

/* strace says "attached" of each process once it counts. Returns false if it ends or stays silent instead. */
static bool strace_attached(int remarks, size_t count) {
    static const char word[] = " attached";
    char text[512] = "";
    size_t length = 0;
    struct pollfd wait = {.fd = remarks, .events = POLLIN};
    while (count > 0) {
        char *found = strstr(text, word);
        if (found != NULL) { /* what is behind it may be the next one's beginning */
            found += strlen(word);
            length = strlen(found);
            memmove(text, found, length + 1);
            count--;
            continue;
        }
        if (poll(&wait, 1, STRACE_ATTACH_MS_MAX) != 1 || length == sizeof(text) - 1) {
            return false;
        }
        const ssize_t got = read(remarks, text + length, sizeof(text) - 1 - length);
        if (got <= 0) {
            return false;
        }
        length += (size_t)got;
        text[length] = '\0';
    }
    return true;
}

static void strace_end(struct syscall_counter *counter) {
    (void)kill(counter->strace_pid, SIGINT); /* it lets go of the process and writes its table */
    (void)waitpid(counter->strace_pid, NULL, 0);
}

static int strace_start(struct syscall_counter *counter, const pid_t *pids, size_t count) {
    if (count > STRACE_PROCESSES_MAX) {
        return -E2BIG;
    }
    int remarks[2] = {-1, -1};
    counter->strace_output = memfd_create("strace", MFD_CLOEXEC);
    if (counter->strace_output < 0) {
        return -errno;
    }
    if (pipe2(remarks, O_CLOEXEC) != 0) {
        const int error = -errno;
        (void)close(counter->strace_output);
        return error;
    }
    counter->strace_pid = fork();
    if (counter->strace_pid == 0) {
        strace_exec(pids, count, counter->strace_output, remarks[1]);
    }
    (void)close(remarks[1]);
    const bool attached = counter->strace_pid > 0 && strace_attached(remarks[0], count);
    (void)close(remarks[0]);
    if (!attached) {
        if (counter->strace_pid > 0) {
            strace_end(counter);
        }
        (void)close(counter->strace_output);
        return -EPERM;
    }
    return 0;
}

/* The line of the table that ends in "total" carries the number of calls in its fourth column. */
static int strace_total(char *table, uint64_t *count) {
    *count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(table, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        unsigned long long calls = 0;
        if (strstr(line, " total") != NULL && sscanf(line, "%*s %*s %*s %llu", &calls) == 1) {
            *count = calls;
            return 0;
        }
    }
    return table[0] == '\0' ? 0 : -EBADMSG; /* no call at all: no table */
}

static int strace_stop(struct syscall_counter *counter, uint64_t *count) {
    strace_end(counter);
    char *table = calloc(1, STRACE_TEXT_MAX);
    int error = table == NULL ? -ENOMEM : 0;
    if (error == 0 && pread(counter->strace_output, table, STRACE_TEXT_MAX - 1, 0) < 0) {
        error = -errno;
    }
    if (error == 0) {
        error = strace_total(table, count);
    }
    free(table);
    (void)close(counter->strace_output);
    return error;
}

void syscall_counter_start(struct syscall_counter *counter, const pid_t *pids, size_t count) {
    *counter = (struct syscall_counter){.method = COUNTER_METHOD_PERF};
    const int perf_error = perf_start(counter, pids, count);
    if (perf_error == 0) {
        return;
    }
    counter->method = COUNTER_METHOD_STRACE;
    const int strace_error = strace_start(counter, pids, count);
    if (strace_error == 0) {
        (void)snprintf(counter->why, sizeof(counter->why), "perf counters: %s", strerror(-perf_error));
        return;
    }
    counter->method = COUNTER_METHOD_NONE;
    (void)snprintf(counter->why, sizeof(counter->why), "perf counters: %s; strace is missing or may not attach",
                   strerror(-perf_error));
}

int syscall_counter_stop(struct syscall_counter *counter, uint64_t *count) {
    switch (counter->method) {
    case COUNTER_METHOD_PERF:
        return perf_stop(counter, count);
    case COUNTER_METHOD_STRACE:
        return strace_stop(counter, count);
    case COUNTER_METHOD_NONE:
        break;
    }
    return -ENOTSUP;
}
