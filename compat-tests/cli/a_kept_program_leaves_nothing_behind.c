/* Guards: a daemon that gets away, workers that outlive their master, anything that goes on when the measuring program
 * was killed; time that is lost with the processes that took it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "kept.h"

enum { BUSY_MS = 100, TICKS_MS = 30, WAIT_MS = 10000 };

/* This program, taking its time; see main(). */
#define BUSY SELF " busy"

static pid_t pids[TREE_MAX];
static int null;

static void start(struct kept *kept, const char *script, const char *group) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct launch launch = {.argv = argv, .out = null, .error = null};

    CHECK_INT(kept_start(kept, &launch, group), 0);
}

static void await_state(struct kept *kept, enum kept_state state) {
    for (int waited_ms = 0; kept_state(kept, NULL) != state; waited_ms++) {
        CHECK_SAY(waited_ms < WAIT_MS, "it stays in state %d instead of %d", (int)kept_state(kept, NULL), (int)state);
        check_sleep_ms(1);
    }
}

static void await_count(struct kept *kept, size_t count) {
    for (int waited_ms = 0; kept_pids(kept, pids, TREE_MAX) != count; waited_ms += 10) {
        CHECK_SAY(waited_ms < WAIT_MS, "%zu processes instead of %zu", kept_pids(kept, pids, TREE_MAX), count);
        check_sleep_ms(10);
    }
}

static bool is_running(pid_t pid) {
    return kill(pid, 0) == 0 || errno != ESRCH;
}

static void await_end(pid_t pid) {
    for (int waited_ms = 0; is_running(pid); waited_ms++) {
        CHECK_SAY(waited_ms < WAIT_MS, "process %d was left behind", (int)pid);
        check_sleep_ms(1);
    }
}

/* Run the script until `count` processes are there in that state, then stop it. */
static void expect_no_rest(const char *script, size_t count, enum kept_state state, unsigned grace_ms) {
    struct kept kept;
    pid_t left[8];

    start(&kept, script, NULL);
    await_state(&kept, state);
    await_count(&kept, count);
    CHECK(count <= sizeof(left) / sizeof(left[0]));
    memcpy(left, pids, count * sizeof(left[0]));
    kept_stop(&kept, grace_ms);
    for (size_t i = 0; i < count; i++)
        CHECK_SAY(!is_running(left[i]), "%s: process %d was left behind", script, (int)left[i]);
}

static void whatever_it_started_ends(void) {
    double begin;

    expect_no_rest("sleep 1000 & exec sleep 1001", 2, KEPT_RUNNING, 5000);
    expect_no_rest("(setsid sh -c 'sleep 1002 & exec sleep 1003' &) ; exit 0", 2, KEPT_ORPHANS, 5000);
    /* The master ends when it is asked to and leaves its workers. */
    begin = check_now_ms();
    expect_no_rest("sleep 1004 & sleep 1005 & wait", 3, KEPT_RUNNING, 60000);
    CHECK(check_now_ms() - begin < 30000);
    /* Who will not, has to; who is stopped, too. */
    expect_no_rest("trap '' TERM; sleep 1006 & wait", 2, KEPT_RUNNING, 50);
    expect_no_rest("sleep 1007 & kill -STOP $!; wait", 2, KEPT_RUNNING, 50);
}

static void its_end_is_told(void) {
    struct kept kept;
    int status = 0;

    start(&kept, "sleep 0.1; exit 7", NULL);
    await_state(&kept, KEPT_ENDED);
    CHECK_INT(kept_state(&kept, &status), KEPT_ENDED);
    CHECK_INT(status, 7 << 8);
    CHECK_SAY(kept_seconds(&kept) >= 0.1 && kept_seconds(&kept) < 5, "%f s", kept_seconds(&kept));
    kept_stop(&kept, 0);
    start(&kept, "kill -SEGV $$", NULL);
    await_state(&kept, KEPT_ENDED);
    CHECK_INT(kept_state(&kept, &status), KEPT_ENDED);
    CHECK_INT(status & 0x7f, SIGSEGV);
    kept_stop(&kept, 0);
    start(&kept, "exec /no/such/program", NULL);
    await_state(&kept, KEPT_ENDED);
    CHECK_INT(kept_state(&kept, &status), KEPT_ENDED);
    CHECK_INT(WEXITSTATUS(status), 127);
    kept_stop(&kept, 0);
}

/* A process that dies with this test's own forked child, which is killed. */
static void who_is_killed_leaves_nothing(void) {
    int ends[2];
    pid_t child, inner[3] = {0};

    CHECK_FD(pipe2(ends, O_CLOEXEC));
    child = CHECK_FD(fork());
    if (child == 0) {
        struct kept kept;

        check_child(30);
        start(&kept, "(setsid sh -c 'sleep 1008 & exec sleep 1009' &) ; exec sleep 1010", "ringback-test-killed");
        await_count(&kept, 3);
        CHECK_INT(write(ends[1], pids, sizeof(inner)), sizeof(inner));
        pause();
    }
    close(ends[1]); /* or its end would not be seen */
    CHECK_INT(read(ends[0], inner, sizeof(inner)), sizeof(inner));
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
    for (unsigned i = 0; i < 3; i++)
        await_end(inner[i]);
    close(ends[0]);
}

/* Whether so many processes are there, and all of them are "sleep". */
static bool only_sleepers(struct kept *kept, size_t count) {
    bool only = kept_pids(kept, pids, TREE_MAX) == count;

    for (size_t i = 0; i < count && only; i++) {
        char path[64], name[32] = "";
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/comm", (int)pids[i]);
        file = fopen(path, "r");
        only = file != NULL && fgets(name, sizeof(name), file) != NULL && strcmp(name, "sleep\n") == 0;
        if (file != NULL)
            fclose(file);
    }
    return only;
}

/* Burn time in a process that is waited for by its parent, by the keeper, or by one that lives on. */
static void time_is_counted_wherever_it_was_spent(const char *group) {
    static const struct {
        const char *script;
        size_t left; /* processes, once the busy one has ended */
    } busy[] = {
        {BUSY "; exec sleep 1011", 1},
        {"(" BUSY " &); sleep 0.2; exec sleep 1012", 1},
        {"sh -c '" BUSY "; exec sleep 1013' & exec sleep 1014", 2},
    };

    for (unsigned i = 0; i < sizeof(busy) / sizeof(busy[0]); i++) {
        struct kept kept;
        struct tree_cost cost;

        start(&kept, busy[i].script, group);
        for (int waited_ms = 0; !only_sleepers(&kept, busy[i].left); waited_ms += 20) {
            CHECK_SAY(waited_ms < WAIT_MS, "%s: it does not end", busy[i].script);
            check_sleep_ms(20);
        }
        kept_cost(&kept, &cost);
        CHECK_SAY(cost.cpu_ns >= (BUSY_MS - TICKS_MS) * UINT64_C(1000000) &&
                      cost.cpu_ns < 3 * BUSY_MS * UINT64_C(1000000),
                  "%s: %llu ns", busy[i].script, (unsigned long long)cost.cpu_ns);
        CHECK(cost.switches > 0);
        CHECK(cost.peak > 100000);
        kept_stop(&kept, 5000);
    }
}

static void a_group_goes_with_its_program(void) {
    struct kept kept;
    char directory[GROUP_PATH_MAX];
    struct stat st;

    start(&kept, "sleep 1015 & exec sleep 1016", "ringback-test-group");
    if (kept.group.directory[0] == '\0') {
        kept_stop(&kept, 1000);
        return; /* none can be made here: the rest of the test stands */
    }
    memcpy(directory, kept.group.directory, sizeof(directory));
    await_count(&kept, 2);
    CHECK_INT(stat(directory, &st), 0);
    kept_stop(&kept, 1000);
    CHECK_ERRNO(stat(directory, &st), ENOENT);
    time_is_counted_wherever_it_was_spent("ringback-test-time");
}

static int be_busy(void) {
    const clock_t end = clock() + BUSY_MS * (CLOCKS_PER_SEC / 1000);

    while (clock() < end)
        ;
    return 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) /* as the program that takes its time */
        return be_busy();
    check_begin(100);
    null = CHECK_FD(open("/dev/null", O_RDWR | O_CLOEXEC));
    whatever_it_started_ends();
    its_end_is_told();
    who_is_killed_leaves_nothing();
    time_is_counted_wherever_it_was_spent(NULL);
    a_group_goes_with_its_program();
    close(null);
    return check_passed();
}
