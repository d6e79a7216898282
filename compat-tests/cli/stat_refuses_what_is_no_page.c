/* Guards: a reader that crashes on, waits for, or believes a page that is not there, cut short, not sealed or not its
 * own, and one that lets another program's control codes through. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "page_child.h"
#include "stats.h"

static struct capture got;

static int make_file(size_t size, int seals) {
    int fd = CHECK_FD(memfd_create(RB_STATS_FILE_NAME, MFD_ALLOW_SEALING));

    CHECK_INT(ftruncate(fd, (off_t)size), 0);
    CHECK_INT(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static void no_page(void) {
}

static void short_file(void) {
    make_file(100, F_SEAL_SHRINK);
}

static void empty_file(void) {
    make_file(sizeof(struct rb_stats_page), F_SEAL_SHRINK);
}

static void unsealed_file(void) {
    make_file(sizeof(struct rb_stats_page), 0);
}

static void claims_more_than_there_is(void) {
    rb_stats_page()->size += 4096;
}

static void claims_less_than_a_page(void) {
    rb_stats_page()->size = 16;
}

static void claims_too_many_counters(void) {
    rb_stats_page()->counter_count = RB_STATS_ROOM + 1;
}

static void claims_odd_slots(void) {
    rb_stats_page()->size -= 8;
}

static void comes_from_an_artist(void) {
    strcpy(rb_stats_page()->version, "\x1b[31m9");
    claims_too_many_counters();
}

/* What is no memory file may have a memory file's name, in the root directory; F_GET_SEALS fails for it. */
static const char lookalike[] = "/memfd:" RB_STATS_FILE_NAME;

static void plain_file_of_that_name(void) {
    int fd = CHECK_FD(open(lookalike, O_RDWR | O_CREAT, 0600));

    CHECK_INT(ftruncate(fd, sizeof(struct rb_stats_page)), 0);
    CHECK_INT(unlink(lookalike), 0);
}

static void fifo_of_that_name(void) {
    CHECK_INT(mkfifo(lookalike, 0600), 0);
    CHECK_FD(open(lookalike, O_RDONLY | O_NONBLOCK));
    CHECK_INT(unlink(lookalike), 0);
}

static void expect(pid_t pid, int status, const char *part) {
    char number[16];

    snprintf(number, sizeof(number), "%d", pid);
    CAPTURE(&got, RINGBACK_CLI, "stat", number);
    CHECK_SAY(got.status == status, "status %d: %s", got.status, got.err);
    CAPTURE_SAYS(got.err, part);
    CHECK(status == 0 || got.out[0] == '\0');
    CHECK(strchr(got.err, '\x1b') == NULL);
}

/* A child that has done `prepare` and waits; what stat says about it. */
static void expect_about(void (*prepare)(void), const char *part) {
    pid_t child = page_child_start(prepare, NULL);
    siginfo_t info;

    expect(child, 1, part);
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    expect(child, 1, "has ended");
    CHECK_INT(waitpid(child, NULL, 0), child);
    expect(child, 1, "there is no process");
}

/* Another user may not look. */
static void other_users_are_refused(void) {
    char command[512];
    const uid_t nobody = 65534;

    if (getuid() != 0)
        return; /* nobody else to be */
    snprintf(command, sizeof(command), "exec %s stat %d", RINGBACK_CLI, getpid());
    pid_t child = CHECK_FD(fork());
    if (child == 0) {
        check_child(30);
        CHECK_INT(setgid(nobody), 0);
        CHECK_INT(setuid(nobody), 0);
        CAPTURE(&got, "sh", "-c", command);
        /* 126: the tree may lie where this user cannot even read it. */
        CHECK_SAY(got.status == 1 || got.status == 126, "%d: %s", got.status, got.err);
        if (got.status == 1)
            CAPTURE_SAYS(got.err, "run this as its user, or as root");
        exit(0);
    }
    check_child_passed(child);
}

int main(void) {
    check_begin(60);
    rb_stats_page();
    expect_about(no_page, "runs without Ringback; start it by `ringback run PROGRAM`");
    expect_about(short_file, "is truncated: 100 bytes");
    expect_about(empty_file, "does not begin as Ringback's do");
    expect_about(unsealed_file, "is not sealed");
    expect_about(claims_more_than_there_is, "is truncated");
    expect_about(claims_less_than_a_page, "is truncated");
    expect_about(claims_too_many_counters, "cannot read; use its own");
    expect_about(claims_odd_slots, "cannot read; use its own");
    expect_about(comes_from_an_artist, "was made by Ringback ?[31m9, ");
    if (access("/", W_OK) == 0) {
        expect_about(plain_file_of_that_name, "is not sealed");
        expect_about(fifo_of_that_name, "is not sealed");
    }
    expect_about(page_child_inherits, "runs without Ringback");
    expect(999999999, 1, "there is no process 999999999");
    other_users_are_refused();
    return check_passed();
}
