#include "compare.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters.h"
#include "caps.h"
#include "child.h"
#include "cli.h"
#include "clock.h"
#include "compare_names.h"
#include "compare_print.h"
#include "pin.h"
#include "program.h"

enum { TARGETS_MAX = 8, RING_WORDS_MAX = 10 };

/* ---- before anything is started ---- */

/* What the program is, and whether the ring can be had for it. */
static int compare__check_program(const char *name) {
    static struct program program;
    const char *obstacle;
    int rc = program_find(name, &program);

    if (rc != 0)
        return program_not_started(name, &program, -rc);
    obstacle = program_obstacle(&program);
    if (obstacle == NULL)
        return CLI_OK;
    cli_error("compare: %s %s: it would run on epoll both times",
              program.interpreter[0] != '\0' ? program.interpreter : program.path, obstacle);
    return COMPARE_NOT_ON_RING;
}

static int compare__check_ring(void) {
    static struct rb_caps caps;
    char path[PATH_MAX];
    enum rb_cap missing;

    for (unsigned i = 0; i < ADAPTER_COUNT; i++)
        if (adapter_find((enum adapter)i, path) != 0) {
            cli_error("compare: %s is not there; looked in %s. Is Ringback installed completely?",
                      adapter_file((enum adapter)i), path);
            return CLI_CANNOT_RUN;
        }
    rb_caps_probe(&caps, 0);
    missing = rb_caps_missing(&caps);
    if (missing == RB_CAP_COUNT)
        return CLI_OK;
    cli_error("compare: io_uring cannot be used here: %s: %s. `ringback doctor` says more", rb_caps_info(missing)->name,
              caps.why[missing]);
    return COMPARE_NOT_ON_RING;
}

static void compare__name_of(pid_t pid, char *name, size_t size) {
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    file = fopen(path, "re");
    if (file == NULL || fgets(name, (int)size, file) == NULL)
        snprintf(name, size, "?");
    name[strcspn(name, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
}

/* Somebody else's answers are not to be measured. */
static int compare__check_ports(const struct compare_request *request) {
    struct port port[TARGETS_MAX + 1];
    size_t count = compare_targets(request->load, port, TARGETS_MAX);
    char text[PORT_TEXT_MAX], name[64];

    if (request->has_port)
        port[count++] = request->port;
    for (size_t i = 0; i < count; i++) {
        pid_t owner = 0;

        if (!ports_taken(&port[i], &owner))
            continue;
        if (owner == 0) {
            cli_error("compare: %s is taken already, by a process that only root can see; end that one, or give the "
                      "server another port",
                      ports_text(text, &port[i]));
        } else {
            compare__name_of(owner, name, sizeof(name));
            cli_error("compare: %s is taken already, by process %d (%s); end that one, or give the server another port",
                      ports_text(text, &port[i]), (int)owner, name);
        }
        return COMPARE_PORT_TAKEN;
    }
    return CLI_OK;
}

/* ---- what stays the same from run to run ---- */

static int compare__take_cpus(const char *option, const char *list, cpu_set_t *set) {
    int rc = pin_parse(list, set);

    if (rc == -EINVAL)
        cli_error("compare: %s takes a list of CPUs such as 0-3,6, or all, not %s", option, list);
    else if (rc != 0)
        cli_error("compare: %s %s: there is no such CPU, or this process may not use it", option, list);
    return rc == 0 ? CLI_OK : CLI_USAGE;
}

/* Those that were asked for; who was not asked about gets what the other one leaves. */
static int compare__choose_cpus(struct compare_setup *setup) {
    const struct compare_request *request = setup->request;
    cpu_set_t *const set[] = {&setup->server_cpus, &setup->load_cpus};
    const char *const list[] = {request->server_cpus, request->load_cpus};
    const char *const option[] = {"--server-cpus", "--load-cpus"};
    cpu_set_t all;
    int status = CLI_OK;

    pin_split(&setup->server_cpus, &setup->load_cpus);
    CPU_OR(&all, &setup->server_cpus, &setup->load_cpus);
    for (unsigned i = 0; i < 2 && status == CLI_OK; i++) {
        cpu_set_t rest;

        if (list[i] == NULL)
            continue;
        *set[i] = all;
        if (strcmp(list[i], "all") != 0)
            status = compare__take_cpus(option[i], list[i], set[i]);
        CPU_XOR(&rest, &all, set[i]);
        if (list[1 - i] == NULL)
            *set[1 - i] = CPU_COUNT(&rest) > 0 ? rest : all;
    }
    setup->pinned = !CPU_EQUAL(&setup->server_cpus, &setup->load_cpus) || !CPU_EQUAL(&setup->server_cpus, &all);
    return status;
}

/* The words of `ringback run`, which knows how a program is started on the ring. */
static char **compare__ring_command(const struct compare_request *request) {
    const char *const pairs[][2] = {
        {"--profile", request->profile}, {"--streams", request->streams}, {"--adapter", request->adapter}};
    size_t words = 0, count = 0;
    char **list;

    while (request->command[words] != NULL)
        words++;
    list = calloc(words + RING_WORDS_MAX, sizeof(*list));
    if (list == NULL)
        return NULL;
    list[count++] = "/proc/self/exe";
    list[count++] = "run";
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i][1] == NULL)
            continue;
        list[count++] = (char *)pairs[i][0];
        list[count++] = (char *)pairs[i][1];
    }
    list[count++] = "--";
    memcpy(list + count, request->command, words * sizeof(*list));
    return list;
}

/* ---- the runs ---- */

/* One run and what has to be true of it. */
static int compare__one(struct compare_run *run, const struct compare_setup *setup, enum compare_side side,
                        unsigned number, bool count) {
    static uint64_t begin_ns;
    int status;

    if (number == 1)
        begin_ns = rb_now_ns();
    if (!setup->request->quiet && isatty(STDERR_FILENO))
        fprintf(stderr, "%u of %u  %-6s ...", number, setup->total, compare_side_name(side));
    status = compare_run_once(run, setup, side, number, count);
    if (status != CLI_OK)
        return status;
    if (!setup->request->quiet)
        compare_print_progress(run, setup, side, number, count,
                               (double)(rb_now_ns() - begin_ns) / 1e9 / number * (setup->total - number));
    if (side == COMPARE_EPOLL || run->ring.used || run->ring.rests)
        return CLI_OK;
    cli_error("compare: the ring was NOT in use when it was its turn, so that epoll would be compared with epoll: %s",
              run->ring.why);
    return COMPARE_NOT_ON_RING;
}

/* System calls first: whatever is wrong with the server or its load shows then. */
static int compare__all(struct compare_runs *runs, const struct compare_setup *setup) {
    unsigned number = 0;
    int status = CLI_OK;

    runs->counted_once = !setup->request->no_syscalls;
    for (unsigned side = 0; side < COMPARE_SIDES && status == CLI_OK && runs->counted_once; side++)
        status = compare__one(&runs->counted[side], setup, (enum compare_side)side, ++number, true);
    for (runs->pairs = 0; runs->pairs < setup->request->runs && status == CLI_OK; runs->pairs++)
        for (unsigned side = 0; side < COMPARE_SIDES && status == CLI_OK; side++)
            status = compare__one(&runs->timed[side][runs->pairs], setup, (enum compare_side)side, ++number, false);
    return status;
}

static int compare__report(const struct compare_runs *runs, const struct compare_setup *setup) {
    static struct compare_sum sum;

    compare_sum_make(&sum, runs, setup);
    if (!setup->request->json) {
        compare_print_text(&sum, runs, setup);
    } else if (compare_print_json(&sum, runs, setup) != 0) {
        cli_error("compare: the figures cannot be printed: %s", strerror(errno));
        return CLI_FAILED;
    }
    return CLI_OK;
}

static int compare__measure(struct compare_setup *setup) {
    static struct compare_runs runs;
    int status;

    setup->total = COMPARE_SIDES * (setup->request->runs + !setup->request->no_syscalls);
    child_catch_signals();
    status = compare__all(&runs, setup);
    if (status > 128)
        cli_error("compare: interrupted; nothing was left running");
    return status == CLI_OK ? compare__report(&runs, setup) : status;
}

static int compare__main(int argc, char **argv) {
    static struct compare_request request;
    struct compare_setup setup = {.request = &request};
    char *preload = NULL;
    int status = CLI_OK;

    (void)argc;
    if (compare_request_parse(&request, argv) != 0)
        return CLI_USAGE;
    if (request.help)
        return cli_help(&cli_compare);
    status = compare__choose_cpus(&setup);
    if (status == CLI_OK)
        status = compare__check_program(request.command[0]);
    if (status == CLI_OK)
        status = compare__check_ring();
    if (status == CLI_OK)
        status = compare__check_ports(&request);
    if (status != CLI_OK)
        return status;
    if (getenv("LD_PRELOAD") != NULL)
        preload = adapter_strip(getenv("LD_PRELOAD"));
    setup.preload = preload != NULL && preload[0] != '\0' ? preload : NULL;
    setup.ring_command = compare__ring_command(&request);
    if (setup.ring_command != NULL)
        status = compare__measure(&setup);
    free(setup.ring_command);
    free(preload);
    return status;
}

const struct cli_command cli_compare = {
    .name = "compare",
    .summary = "run a server on epoll and on the ring under the same load, side by side",
    .usage = "--load CMD [OPTION]... [--] SERVER [ARGUMENT]...",
    .about = "Starts SERVER on epoll and, as `ringback run` does, on the ring, in turn; each time waits until it "
             "listens, runs the load, and ends both. Then prints, for both and as a ratio, the throughput and the "
             "latency as the load reports them (wrk, ab, h2load, pgbench, dnsperf, memcaslap; of any other program "
             "the time it took), and what all processes of the server took: CPU time, system calls (counted in two "
             "runs of their own, which are not timed), context switches, peak memory.\n\n"
             "What server and load print is shown only if something goes wrong. Nothing is left running, whatever "
             "happens; a server that makes itself a daemon or has worker processes is followed and ended.",
    .options = compare_options,
    .operand = CLI_WORD_COMMAND,
    .exits = "Exits with 0 when there are figures, whatever they say; 2 for a bad command line; 3 if the server runs "
             "on epoll on both sides; 4 if it does not listen; 5 if it ends before it is asked to; 6 if the load "
             "fails; 7 if somebody else listens where the load goes to; 125 if Ringback is incomplete; 126 if the "
             "server cannot be executed; 127 if it is not found; 128 and the signal's number when it is interrupted.",
    .run = compare__main,
};
