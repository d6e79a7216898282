/* Where io_uring is refused, a program runs on epoll and one line says why; RINGBACK=require refuses to start with the
 * same reason; RINGBACK=off opens no ring and says nothing.
 *
 *   forbidden says-why|require|off|sysctl PRELOAD FORBID PROBE
 */
#include "check.h"
#include "child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char preload[1024], *forbid, *probe;
static char expect_epoll[] = "RB_EXPECT=epoll", expect_any[] = "RB_EXPECT=any", require[] = "RINGBACK=require",
            off[] = "RINGBACK=off";
static char eperm[] = "EPERM", enosys[] = "ENOSYS";

/* The first line that Ringback wrote, without its newline. */
static const char *reason(const struct outcome *outcome) {
    static char line[512];
    const char *start = strstr(outcome->errors, "ringback:");
    CHECK_SAY(start, "nothing said why: %s", outcome->errors);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(start, "\n"), start);
    return line;
}

static void expect_fallback(struct outcome *outcome, char *const *argv) {
    char *settings[] = {expect_epoll, NULL};
    child_run(outcome, settings, argv);
    CHECK_SAY(child_exit(outcome) == 0, "exit status %d; it said: %s", child_exit(outcome), outcome->errors);
    CHECK_SAY(child_lines(outcome, "ringback:") == 1, "not exactly one line says why: %s", outcome->errors);
}

static void says_why(char *error, const char *word) {
    struct outcome outcome;
    char *argv[] = {forbid, error, preload, probe, NULL};
    expect_fallback(&outcome, argv);
    CHECK_SAY(strstr(reason(&outcome), word), "the reason does not name %s: %s", word, reason(&outcome));
}

static void refuses(char *error) {
    struct outcome falls_back, refuses;
    char *argv[] = {forbid, error, preload, probe, NULL};
    char *with_require[] = {forbid, error, preload, require, probe, NULL};
    char *settings[] = {expect_any, NULL};
    child_run(&falls_back, settings, argv);
    child_run(&refuses, settings, with_require);
    CHECK_SAY(child_exit(&refuses) != 0, "RINGBACK=require started without io_uring");
    CHECK_SAY(child_lines(&refuses, "ringback:") >= 1, "refused without a word: %s", refuses.errors);
    /* The same reason in both: the part in which the kernel's answer is told. */
    const char *why = strstr(falls_back.errors, "io_uring");
    CHECK_SAY(why && strstr(refuses.errors, "io_uring"), "no reason: %s / %s", falls_back.errors, refuses.errors);
    char *allowed[] = {preload, require, expect_any, NULL}, *plain[] = {probe, NULL};
    child_run(&refuses, allowed, plain);
    CHECK_SAY(child_exit(&refuses) == 0, "RINGBACK=require refuses where io_uring works: %s", refuses.errors);
}

/* strace, where it is allowed, sees every io_uring_setup; elsewhere the counters have to do. */
static void opens_no_ring(void) {
    static char strace[] = "/usr/bin/strace", f[] = "-f", e[] = "-e", call[] = "trace=io_uring_setup", E[] = "-E";
    struct outcome outcome;
    char *settings[] = {expect_epoll, off, NULL};
    char *traced[] = {strace, f, e, call, E, preload, probe, NULL}, *plain[] = {probe, NULL};
    char *preloaded[] = {preload, expect_epoll, off, NULL};
    child_run(&outcome, preloaded, plain);
    CHECK_SAY(child_exit(&outcome) == 0, "it said: %s", outcome.errors);
    CHECK_INT(child_lines(&outcome, "ringback:"), 0);
    if (access(strace, X_OK) != 0)
        return;
    child_run(&outcome, settings, traced);
    if (child_exit(&outcome) != 0 && strstr(outcome.errors, "ptrace"))
        return;
    CHECK_SAY(child_exit(&outcome) == 0, "it said: %s", outcome.errors);
    CHECK_SAY(!strstr(outcome.errors, "io_uring_setup"), "a ring was opened: %s", outcome.errors);
}

static const char sysctl_path[] = "/proc/sys/kernel/io_uring_disabled";

static bool set_sysctl(char value) {
    int fd = open(sysctl_path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, &value, 1) == 1;
    if (fd >= 0)
        close(fd);
    return done;
}

/* It is the whole machine's: other programs on it would lose io_uring too, so it is set only when that was asked for.
 */
static void by_sysctl(void) {
    const char *allowed = getenv("RB_MAY_SET_SYSCTL");
    char before = '0';
    int fd = open(sysctl_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &before, 1) != 1 || !allowed || strcmp(allowed, "1") != 0)
        check_skip("kernel.io_uring_disabled is not to be set here (RB_MAY_SET_SYSCTL=1 allows it)");
    close(fd);
    if (!set_sysctl('2'))
        check_skip("kernel.io_uring_disabled cannot be set here");
    struct outcome outcome;
    char *settings[] = {preload, expect_epoll, NULL}, *argv[] = {probe, NULL};
    child_run(&outcome, settings, argv);
    CHECK_SAY(set_sysctl(before), "kernel.io_uring_disabled could not be restored to %c", before);
    CHECK_SAY(child_exit(&outcome) == 0, "it said: %s", outcome.errors);
    CHECK_INT(child_lines(&outcome, "ringback:"), 1);
    CHECK_SAY(strstr(reason(&outcome), "io_uring_disabled"), "the reason does not name it: %s", reason(&outcome));
}

int main(int argc, char **argv) {
    check_begin(30);
    check_expect_any();
    CHECK_INT(argc, 5);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[2]);
    forbid = argv[3];
    probe = argv[4];
    if (strcmp(argv[1], "says-why") == 0) {
        says_why(eperm, "io_uring");
        says_why(enosys, "io_uring");
    } else if (strcmp(argv[1], "require") == 0) {
        refuses(eperm);
        refuses(enosys);
    } else if (strcmp(argv[1], "off") == 0) {
        opens_no_ring();
    } else {
        by_sysctl();
    }
    return check_passed();
}
