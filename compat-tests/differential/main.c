/* A differential fuzzer: the same random steps by system calls that nobody hooks and by libc, which Ringback stands in
 * front of when it is preloaded; whatever a program could see differ is a finding. Without a preload both sides are
 * the kernel: then a finding is an error of this program.
 *
 *   differential [--seed N] [--cases N] [--seconds N] [--ops N] [--shrink] [--go-on] [--ahead] [--plant]
 *                [--more] [--carried N]
 *
 *   --seed     the first case's seed; alone: just this case again
 *   --ops      steps of a case, 1 .. 400; a seed means the same sequence only with the same number
 *   --shrink   leave steps out while the finding stays
 *   --go-on    show one finding after the other
 *   --ahead    leave out what receiving ahead is known to change: urgent data and its mark, the reset that close()
 *              sends for bytes the program has not read, and a second loop or a duplicate that comes while bytes or
 *              connections wait at the first
 *   --more     with threads (steps and waits in any of three, and steps while another waits), forks, and loops that
 *              watch loops
 *   --carried  fail if the ring carried less than N percent of the loops that waited
 *   --plant    the libc side swallows one edge of each case, and this has to be found
 *
 * Exit: 0 nothing found (--plant: the plant was found), 1 a finding or a crash, 2 usage, 3 the machine refuses. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carried.h"
#include "compare.h"
#include "forks.h"
#include "steps.h"

enum { BATCH = 50, CASE_LIMIT_S = 20, SHRINKING_LIMIT_S = 3, SHRINK_MOST = 3000, FOUND = 10 };

struct options {
    uint64_t seed, cases;
    double seconds;
    unsigned ops, carried;
    bool shrink, go_on, plant, ahead, more;
};

/* What a case's process leaves behind, even when it crashes. */
struct record {
    uint64_t seed;
    unsigned count; /* steps begun */
    uint64_t total; /* steps in all cases */
    struct carried carried;
    struct step steps[STEPS_MOST];
    char difference[sizeof difference];
    bool crashed;
};

static struct record *record;
static struct options options = {.seed = 1, .cases = UINT64_MAX, .seconds = 0, .ops = 200};

static int open_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    while (directory && readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void warm_up(void) {
    static struct twin twin;

    twin_open(&twin);
    compare_wait(&twin, 0, 0);
    twin_make(&twin, KIND_TCP, 0, 1);
    twin_close(&twin, false);
}

/* A child that goes on has no more than its parent had; what Ringback opens for itself it may open later. */
static bool nothing_left_open(int before, bool is_child) {
    double end = now_ms() + patience_ms;
    int now;

    while ((now = open_descriptors()) != before && !(is_child && now < before))
        if (now_ms() > end)
            return compare_differs("%d descriptors are open, %d were", now, before);
    return true;
}

static void hand_on(void) {
    carried_count_process(&record->carried);
}

/* Choose the step i, and the next if that is done meanwhile; record them first, for a crash. */
static void choose(struct taste *taste, struct twin *twin, unsigned i, unsigned count) {
    record->count = i + 1;
    if (!options.more) {
        record->steps[i] = step_choose(taste, twin);
        return;
    }
    record->steps[i] = more_choose(taste, twin, NULL);
    if (!record->steps[i].meanwhile || i + 1 == count)
        return;
    record->steps[i + 1] = more_choose(taste, twin, &record->steps[i]);
    record->count = i + 2;
}

/* Run one case: the recorded steps, or (given a taste) steps that are chosen and recorded on the way. */
static bool run_case(struct taste *taste, unsigned count, uint64_t seed) {
    static struct twin twin;
    const pid_t self = getpid();
    int before = open_descriptors();
    bool good = true;

    alarm(options.shrink ? SHRINKING_LIMIT_S : CASE_LIMIT_S);
    twin_open(&twin);
    twin.planted = options.plant;
    twin.ahead = options.ahead;
    for (unsigned i = 0, used; good && i < count; i += used) {
        if (taste)
            choose(taste, &twin, i, count);
        good = steps_apply(&twin, &record->steps[i], (taste ? record->count : count) - i, i, hand_on, &used);
        record->total += used;
    }
    carried_count_loops(&record->carried, &twin);
    twin_close(&twin, seed & 1);
    return good && nothing_left_open(before, getpid() != self);
}

static int leave(bool good) {
    carried_count_process(&record->carried);
    if (good)
        difference[0] = '\0';
    memcpy(record->difference, difference, sizeof difference);
    return good ? EXIT_SUCCESS : FOUND;
}

static int run_seeds(uint64_t cases) {
    struct taste taste;
    bool good = true;

    warm_up();
    for (uint64_t i = 0; good && i < cases; i++) {
        (options.more ? more_taste : step_taste)(&taste, record->seed, options.ahead);
        record->count = 0;
        good = run_case(&taste, options.ops, record->seed);
        if (good)
            record->seed++;
    }
    return leave(good);
}

static int run_recorded(void) {
    warm_up();
    return leave(run_case(NULL, record->count, record->seed));
}

/* Wait for a child, and for the child that it handed on to, and so on. */
static int await_all(pid_t child) {
    int status = 0;

    if (child < 0 || waitpid(child, &status, 0) < 0)
        twin_must(-1, "fork");
    while (WIFEXITED(status) && WEXITSTATUS(status) == FORK_HANDED_ON)
        if (waitpid(-1, &status, 0) < 0)
            twin_must(-1, "a child that goes on");
    while (waitpid(-1, NULL, 0) > 0)
        ; /* of one that crashed */
    return status;
}

/* A process for each batch: what crashes leaves its steps behind. cases 0: the recorded steps. Returns whether all
 * agreed. */
static bool in_a_child(uint64_t cases) {
    pid_t child = fork();
    int status;

    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        _exit(cases ? run_seeds(cases) : run_recorded());
    }
    status = await_all(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
        return true;
    record->crashed = WIFSIGNALED(status);
    if (record->crashed)
        snprintf(record->difference, sizeof difference, "%s",
                 WTERMSIG(status) == SIGALRM ? "the case hangs" : strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != FOUND)
        exit(WEXITSTATUS(status));
    return false;
}

/* ---- shrinking ---- */

static bool fails_without(unsigned first, unsigned length) {
    struct step kept[STEPS_MOST];
    unsigned count = record->count;

    memcpy(kept, record->steps, sizeof kept);
    memmove(&record->steps[first], &record->steps[first + length], (count - first - length) * sizeof kept[0]);
    record->count = count - length;
    if (!in_a_child(0))
        return true;
    memcpy(record->steps, kept, sizeof kept);
    record->count = count;
    return false;
}

static void shrink(void) {
    char first_difference[sizeof difference];
    unsigned tries = 0;

    memcpy(first_difference, record->difference, sizeof difference);
    if (in_a_child(0)) {
        printf("alone it does not happen again: --seed %llu --cases %d shows it\n",
               (unsigned long long)(record->seed > BATCH ? record->seed - BATCH : 1), BATCH + 1);
        memcpy(record->difference, first_difference, sizeof difference);
        return;
    }
    patience_ms = 50; /* thousands of cases, and most of them differ */
    for (unsigned length = record->count / 2; length > 0; length /= 2) {
        bool shorter = true;

        while (shorter && tries < SHRINK_MOST) {
            shorter = false;
            for (unsigned first = 0; first + length <= record->count && tries < SHRINK_MOST; tries++) {
                if (fails_without(first, length))
                    shorter = true;
                else
                    first += length;
            }
        }
    }
    patience_ms = PATIENCE_MS;
    in_a_child(0); /* the difference of what is left */
}

static void show(void) {
    uint64_t seed = record->seed;

    printf("seed %llu (--ops %u): %s\n", (unsigned long long)seed, options.ops, record->difference);
    if (options.shrink)
        shrink();
    for (unsigned i = 0; i < record->count; i++)
        step_print(stdout, i, &record->steps[i]);
    printf("       %s\n\n", record->difference[0] ? record->difference : "(not again)");
    fflush(stdout);
}

/* ---- options ---- */

static int usage(void) {
    fputs(
        "usage: differential [--seed N] [--cases N] [--seconds N] [--ops N] [--shrink] [--go-on] [--ahead] [--plant]\n"
        "                    [--more] [--carried N]\n",
        stderr);
    return 2;
}

static bool parse_number(const char *name, const char *value) {
    char *end;
    double number = value ? strtod(value, &end) : -1;

    if (!value || *end || end == value || number < 0)
        return false;
    if (strcmp(name, "--seed") == 0) {
        options.seed = strtoull(value, NULL, 10);
        if (options.cases == UINT64_MAX && options.seconds <= 0)
            options.cases = 1;
    } else if (strcmp(name, "--cases") == 0) {
        options.cases = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        options.seconds = number;
        options.cases = UINT64_MAX;
    } else if (strcmp(name, "--ops") == 0 && number >= 1 && number <= STEPS_MOST) {
        options.ops = (unsigned)number;
    } else if (strcmp(name, "--carried") == 0 && number <= 100) {
        options.carried = (unsigned)number;
    } else {
        return false;
    }
    return true;
}

static bool parse(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--shrink") == 0)
            options.shrink = true;
        else if (strcmp(arguments[i], "--go-on") == 0)
            options.go_on = true;
        else if (strcmp(arguments[i], "--ahead") == 0)
            options.ahead = true;
        else if (strcmp(arguments[i], "--more") == 0)
            options.more = true;
        else if (strcmp(arguments[i], "--plant") == 0)
            options.plant = true;
        else if (i + 1 >= count || !parse_number(arguments[i], arguments[i + 1]))
            return false;
        else
            i++;
    }
    return true;
}

int main(int count, char **arguments) {
    double end;
    uint64_t left;
    unsigned findings = 0;

    if (!parse(count, arguments))
        return usage();
    if (options.cases == UINT64_MAX && options.seconds <= 0)
        options.seconds = 3;
    record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED)
        return 3;
    record->seed = options.seed;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* for children that go on when their parents have ended */
    end = options.seconds > 0 ? now_ms() + options.seconds * 1e3 : 1e300;
    for (left = options.cases; left > 0 && now_ms() < end;) {
        uint64_t from = record->seed, batch = left < BATCH ? left : BATCH;

        if (!in_a_child(batch)) {
            uint64_t seed = record->seed;

            findings++;
            show();
            if (!options.go_on)
                break;
            record->seed = seed + 1;
        }
        left -= record->seed - from;
    }
    printf("%llu steps in %llu cases, %u findings\n", (unsigned long long)record->total,
           (unsigned long long)(record->seed - options.seed), findings);
    carried_print(&record->carried);
    if (options.plant) {
        printf("the plant %s\n", findings ? "was found" : "was NOT found");
        return findings == 0 || record->crashed;
    }
    if (record->carried.on_ring * 100 < record->carried.loops * options.carried ||
        (options.carried && !record->carried.loops)) {
        printf("that is less than %u percent\n", options.carried);
        return 1;
    }
    return findings > 0;
}
