#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OWN_FDS_FROM = 512, EXIT_SKIP = 77, EXIT_LATE = 124 };

typedef uint64_t counter_fn(const char *name);

static struct {
    bool open_at_start[OWN_FDS_FROM];
    int fds_at_start;
    bool expect_any;
} check;

static void check__late(int signal_number) {
    (void)signal_number;
    static const char text[] = "the deadline of the test has passed\n";
    /* Nothing can be done about a message that cannot be written. */
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(EXIT_LATE);
}

static double check__scale(void) {
    const char *text = getenv("RB_TIME_SCALE");
    double scale = text ? atof(text) : 1.0;
    return scale >= 1.0 ? scale : 1.0;
}

/* Marks the open descriptors below 512 in `open`, which may be NULL. Returns how many there are. */
static int check__list_fds(bool *open) {
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        check_fail(__FILE__, __LINE__, "/proc/self/fd: %s", strerror(errno));
    int count = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == dirfd(dir) || fd >= OWN_FDS_FROM)
            continue;
        count++;
        if (open)
            open[fd] = true;
    }
    closedir(dir);
    return count;
}

bool check_under_tsan(void) {
#ifdef __SANITIZE_THREAD__
    return true;
#else
    return false;
#endif
}

int check_fds(void) {
    return check__list_fds(NULL);
}

int check_scaled(int ms) {
    return (int)(ms * check__scale());
}

double check_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void check_sleep_ms(int ms) {
    struct timespec left = {ms / 1000, (ms % 1000) * 1000000L};
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        continue;
}

void check_child(unsigned limit_s) {
    struct sigaction late = {.sa_handler = check__late};
    sigaction(SIGALRM, &late, NULL);
    alarm((unsigned)(limit_s * check__scale()));
}

void check_begin(unsigned limit_s) {
    check_child(limit_s);
    check.fds_at_start = check__list_fds(check.open_at_start);
}

void check_expect_any(void) {
    check.expect_any = true;
}

static counter_fn *check__counter_function(void) {
    void *symbol = dlsym(RTLD_DEFAULT, "ringback_counter");
    counter_fn *function = NULL;
    /* ISO C has no cast from an object pointer to a function pointer; POSIX makes the copy meaningful. */
    memcpy(&function, &symbol, sizeof function);
    return function;
}

bool check_has_ringback(void) {
    return check__counter_function() != NULL;
}

uint64_t check_counter(const char *name) {
    counter_fn *counter = check__counter_function();
    return counter ? counter(name) : 0;
}

static void check__carrier(void) {
    const char *expect = getenv("RB_EXPECT");
    if (!expect || strcmp(expect, "any") == 0)
        return;
    uint64_t enters = check_counter("enters");
    if (strcmp(expect, "stock") == 0) {
        CHECK_SAY(!check_has_ringback(), "a stock run has Ringback in it");
        return;
    }
    CHECK_SAY(check_has_ringback(), "Ringback is not in the process, so this run proves nothing");
    if (strcmp(expect, "epoll") == 0)
        CHECK_SAY(enters == 0, "the ring was entered %llu times where it must not be", (unsigned long long)enters);
    else if (strcmp(expect, "ring") == 0)
        CHECK_SAY(enters > 0 || check.expect_any, "the ring was never entered, so this run proves nothing");
    else
        check_fail(__FILE__, __LINE__, "RB_EXPECT=%s is not known", expect);
}

void check_carrier(void) {
    check.expect_any = false;
    check__carrier();
}

static void check__no_fd_left(void) {
    bool open[OWN_FDS_FROM] = {false};
    int count = check__list_fds(open);
    if (count == check.fds_at_start)
        return;
    for (int fd = 0; fd < OWN_FDS_FROM; fd++) {
        if (open[fd] == check.open_at_start[fd])
            continue;
        char link[64], target[256] = "";
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        fprintf(stderr, "descriptor %d %s %s\n", fd, open[fd] ? "left open:" : "gone", length > 0 ? target : "");
    }
    check_fail(__FILE__, __LINE__, "%d descriptors at the start, %d at the end", check.fds_at_start, count);
}

int check_passed(void) {
    check__no_fd_left();
    check__carrier();
    return 0;
}

void check_child_passed(pid_t child) {
    int status;
    pid_t got;
    do
        got = waitpid(child, &status, 0);
    while (got == -1 && errno == EINTR);
    CHECK_INT(got, child);
    CHECK_SAY(!WIFSIGNALED(status), "the child was ended by signal %d", WTERMSIG(status));
    CHECK_SAY(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's exit status is %d", WEXITSTATUS(status));
}

void check_skip(const char *reason) {
    fprintf(stderr, "skipped: %s\n", reason);
    exit(EXIT_SKIP);
}

void check_fail(const char *file, int line, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *slash = strrchr(file, '/');
    /* One write, so that lines of several threads and processes do not mix; _exit, so that no handler waits. */
    dprintf(STDERR_FILENO, "%s:%d: %s\n", slash ? slash + 1 : file, line, text);
    _exit(1);
}

void check_int(long long actual, long long expected, const char *actual_text, const char *expected_text,
               const char *file, int line) {
    int error = errno;
    if (actual != expected)
        check_fail(file, line, "%s is %lld, not %s (%lld); errno: %s", actual_text, actual, expected_text, expected,
                   strerror(error));
}

int check_call(int result, const char *text, const char *file, int line) {
    if (result < 0)
        check_fail(file, line, "%s: %d (%s)", text, result, strerror(errno));
    return result;
}

void check_errno(long long result, int expected, const char *text, const char *expected_text, const char *file,
                 int line) {
    int error = errno;
    if (result != -1)
        check_fail(file, line, "%s returned %lld, not -1 with %s", text, result, expected_text);
    if (error != expected)
        check_fail(file, line, "%s: %s, not %s", text, strerror(error), expected_text);
}
