/* A differential fuzzer: the same random steps by system calls that nobody hooks and by libc, which Ringback stands in
 * front of when it is preloaded; whatever a program could see differ is a finding. Without a preload both sides are
 * the kernel: then a finding is an error of this program.
 *
 *   differential [--seed N] [--cases N] [--seconds N] [--ops N] [--shrink] [--go-on] [--ahead] [--plant]
 *
 *   --seed     the first case's seed; alone: just this case again
 *   --ops      steps of a case, 1 .. 400; a seed means the same sequence only with the same number
 *   --shrink   leave steps out while the finding stays
 *   --go-on    show one finding after the other
 *   --ahead    leave out what receiving ahead is known to change: urgent data and its mark, the reset that close()
 *              sends for bytes the program has not read, and a second loop or a duplicate that comes while bytes or
 *              connections wait at the first
 *   --plant    the libc side swallows one edge of each case, and this has to be found
 *
 * Exit: 0 nothing found (--plant: the plant was found), 1 a finding or a crash, 2 usage, 3 the machine refuses. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare.h"
#include "steps.h"

enum { BATCH = 50, CASE_LIMIT_S = 20, SHRINK_MOST = 3000, FOUND = 10 };

struct options {
    uint64_t seed, cases;
    double seconds;
    unsigned ops;
    bool shrink, go_on, plant, ahead;
};

/* What a case's process leaves behind, even when it crashes. */
struct record {
    uint64_t seed;
    unsigned count; /* steps begun */
    uint64_t total; /* steps in all cases */
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

static bool nothing_left_open(int before) {
    double end = now_ms() + ROUNDS_MS;

    while (open_descriptors() != before)
        if (now_ms() > end)
            return compare_differs("%d descriptors are open, %d were", open_descriptors(), before);
    return true;
}

/* Run one case: the recorded steps, or (given a taste) steps that are chosen and recorded on the way. */
static bool run_case(struct taste *taste, unsigned count, uint64_t seed) {
    static struct twin twin;
    int before = open_descriptors();
    bool good = true;

    alarm(CASE_LIMIT_S);
    twin_open(&twin);
    twin.planted = options.plant;
    twin.ahead = options.ahead;
    for (unsigned i = 0; good && i < count; i++) {
        if (taste) {
            record->steps[i] = step_choose(taste, &twin);
            record->count = i + 1;
        }
        good = step_apply(&twin, &record->steps[i], i);
        record->total++;
    }
    twin_close(&twin, seed & 1);
    return good && nothing_left_open(before);
}

static int leave(bool good) {
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
        step_taste(&taste, record->seed, options.ahead);
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

/* A process for each batch: what crashes leaves its steps behind. cases 0: the recorded steps. Returns whether all
 * agreed. */
static bool in_a_child(uint64_t cases) {
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        _exit(cases ? run_seeds(cases) : run_recorded());
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        twin_must(-1, "fork");
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
        "usage: differential [--seed N] [--cases N] [--seconds N] [--ops N] [--shrink] [--go-on] [--ahead] [--plant]\n",
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
    if (options.plant) {
        printf("the plant %s\n", findings ? "was found" : "was NOT found");
        return findings == 0 || record->crashed;
    }
    return findings > 0;
}
