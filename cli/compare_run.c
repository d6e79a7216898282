#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "busy.h"
#include "child.h"
#include "clock.h"
#include "compare.h"
#include "compare_log.h"
#include "compare_ring.h"
#include "compare_wait.h"
#include "cli.h"
#include "kept.h"

enum { LOOK_MS = 5, SETTLE_MS = 20, STOP_GRACE_MS = 5000, FREE_PORT_MS = 3000, WORD_MAX = 160 };
#define NS_PER_S UINT64_C(1000000000)

/* One run while it is under way. */
struct run {
    const struct compare_setup *setup;
    enum compare_side side;
    unsigned number;
    struct kept server, load;
    bool server_runs, load_runs;
    struct compare_log server_log, load_log;
};

const char *compare_side_name(enum compare_side side) {
    return side == COMPARE_EPOLL ? "epoll" : "ring";
}

int compare_interrupted(void) {
    const int number = child_interrupted();

    return number == 0 ? CLI_OK : 128 + number;
}

static void run__pause(unsigned ms) {
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L};

    nanosleep(&pause, NULL);
}

/* How a program ended, as a phrase. */
static const char *run__ending(int status, char text[WORD_MAX]) {
    if (WIFSIGNALED(status))
        snprintf(text, WORD_MAX, "by signal %d (%s)%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
                 WCOREDUMP(status) ? ", leaving a core" : "");
    else
        snprintf(text, WORD_MAX, "with status %d", WEXITSTATUS(status));
    return text;
}

static int run__system_failed(const struct run *run, const char *what, int error) {
    cli_error("compare: %s, run %u of %u: %s: %s", compare_side_name(run->side), run->number, run->setup->total, what,
              strerror(-error));
    return CLI_FAILED;
}

/* ---- the server ---- */

static int run__start_server(struct run *run) {
    const struct compare_setup *setup = run->setup;
    const char *variables[COMPARE_VARIABLES_MAX + 2] = {NULL};
    char group[64];
    unsigned count = 0;
    int rc;

    while (setup->request->variable[count] != NULL) {
        variables[count] = setup->request->variable[count];
        count++;
    }
    /* The last word: a program that is linked with Ringback runs on epoll, too, when it is epoll's turn. */
    variables[count] = run->side == COMPARE_EPOLL ? "RINGBACK=off" : "RINGBACK=on";
    snprintf(group, sizeof(group), "ringback-compare-%d-%u", (int)getpid(), run->number);
    const struct launch launch = {
        .argv = (const char *const *)(run->side == COMPARE_EPOLL ? setup->request->command : setup->ring_command),
        .environment = variables,
        .preload = setup->preload,
        .cpus = setup->pinned ? &setup->server_cpus : NULL,
        .out = run->server_log.fd,
        .error = run->server_log.fd,
    };
    rc = kept_start(&run->server, &launch, group);
    run->server_runs = true;
    return rc == 0 ? CLI_OK : run__system_failed(run, "the server cannot be started", rc);
}

/* The server ended before it was asked to. */
static int run__server_ended(struct run *run, const char *when) {
    char text[WORD_MAX];
    int status = 0;

    kept_state(&run->server, &status);
    cli_error("compare: %s, run %u of %u: the server ended %s %s", compare_side_name(run->side), run->number,
              run->setup->total, run__ending(status, text), when);
    compare_log_tell(&run->server_log, "the server");
    if (run->number > 1 && compare_log_has(&run->server_log, "in use"))
        cli_error("compare: a server that does not set SO_REUSEADDR cannot have its port back for a minute after its "
                  "connections were closed");
    if (run->side == COMPARE_RING && run->number > 1)
        cli_error("compare: it ran on epoll; to see whether Ringback is the cause: ringback run --profile safe -- %s",
                  run->setup->request->command[0]);
    return COMPARE_SERVER_ENDED;
}

static int run__never_listened(struct run *run) {
    static pid_t pids[TREE_MAX];
    const struct compare_request *request = run->setup->request;
    struct port ports[PORTS_MAX];
    char text[PORT_TEXT_MAX];
    const size_t processes = kept_pids(&run->server, pids, TREE_MAX);
    const size_t count = ports_of(pids, processes, ports, PORTS_MAX);

    if (request->has_port)
        cli_error("compare: %s, run %u of %u: the server did not listen on %s within %u s",
                  compare_side_name(run->side), run->number, run->setup->total, ports_text(text, &request->port),
                  request->wait_s);
    else
        cli_error("compare: %s, run %u of %u: the server did not begin to listen anywhere within %u s",
                  compare_side_name(run->side), run->number, run->setup->total, request->wait_s);
    for (size_t i = 0; i < count; i++)
        cli_error("compare: it listens on %s", ports_text(text, &ports[i]));
    cli_error("compare: %zu process%s of it %s running; --wait S waits longer. A server that something else starts "
              "(docker, systemctl) cannot be compared",
              processes, processes == 1 ? "" : "es", processes == 1 ? "is" : "are");
    compare_log_tell(&run->server_log, "the server");
    return COMPARE_NO_PORT;
}

static int run__await_server(struct run *run, struct port *port) {
    char text[PORT_TEXT_MAX];
    pid_t owner = 0;

    switch (compare_wait_for(&run->server, run->setup->request, port, &owner)) {
    case WAIT_LISTENS:
        return CLI_OK;
    case WAIT_INTERRUPTED:
        return compare_interrupted();
    case WAIT_ENDED:
        return run__server_ended(run, "before it listened anywhere");
    case WAIT_ELSEWHERE:
        cli_error("compare: %s was opened by process %d, which is none of the server's: it cannot be compared",
                  ports_text(text, port), (int)owner);
        return COMPARE_NO_PORT;
    case WAIT_TOO_LONG:
        break;
    }
    return run__never_listened(run);
}

/* ---- the load ---- */

static int run__load_failed(struct run *run, const char *what, int status) {
    char text[WORD_MAX];

    cli_error("compare: %s, run %u of %u: %s ended %s", compare_side_name(run->side), run->number, run->setup->total,
              what, run__ending(status, text));
    compare_log_tell(&run->load_log, what);
    compare_log_tell(&run->server_log, "the server");
    return COMPARE_LOAD_FAILED;
}

/* Whether the server is gone. One that makes itself a daemon ends well and leaves the work to another process, and may
 * do so after it has begun to listen. */
static bool run__server_is_gone(struct run *run, enum kept_state before) {
    int status = 0;
    const enum kept_state now = kept_state(&run->server, &status);

    return now == KEPT_ENDED || (now == KEPT_ORPHANS && before == KEPT_RUNNING && status != 0);
}

/* Wait until the load has ended; the server has to live that long. */
static int run__await_load(struct run *run, const char *what, enum kept_state server_state) {
    const uint64_t deadline_ns = rb_now_ns() + run->setup->request->load_s * NS_PER_S;
    int status = 0;

    while (kept_state(&run->load, &status) == KEPT_RUNNING) {
        if (child_interrupted() != 0)
            return compare_interrupted();
        if (run__server_is_gone(run, server_state))
            return run__server_ended(run, "while the load ran");
        if (rb_now_ns() > deadline_ns) {
            cli_error("compare: %s, run %u of %u: %s had not ended after %u s; --load-time S lets it run longer",
                      compare_side_name(run->side), run->number, run->setup->total, what, run->setup->request->load_s);
            compare_log_tell(&run->load_log, what);
            compare_log_tell(&run->server_log, "the server");
            return COMPARE_LOAD_FAILED;
        }
        run__pause(LOOK_MS);
    }
    if (child_interrupted() != 0)
        return compare_interrupted();
    return status == 0 ? CLI_OK : run__load_failed(run, what, status);
}

/* Run a command of the load to its end. run->load is to be stopped by the caller. */
static int run__load(struct run *run, const char *command, const char *what, const struct port *port) {
    const struct compare_setup *setup = run->setup;
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    char variable[PORT_TEXT_MAX + 16];
    const char *const variables[] = {variable, NULL};
    const enum kept_state server_state = kept_state(&run->server, NULL);
    int rc;

    if (port->kind == PORT_UNIX)
        snprintf(variable, sizeof(variable), "RINGBACK_PORT=%s", port->path);
    else
        snprintf(variable, sizeof(variable), "RINGBACK_PORT=%u", port->number);
    const struct launch launch = {
        .argv = argv,
        .environment = variables,
        .preload = setup->preload,
        .cpus = setup->pinned ? &setup->load_cpus : NULL,
        .out = run->load_log.fd,
        .error = run->load_log.fd,
    };
    rc = kept_start(&run->load, &launch, NULL);
    run->load_runs = true;
    if (rc != 0)
        return run__system_failed(run, "the load cannot be started", rc);
    return run__await_load(run, what, server_state);
}

static void run__stop_load(struct run *run) {
    if (run->load_runs)
        kept_stop(&run->load, STOP_GRACE_MS);
    run->load_runs = false;
}

static int run__warm_up(struct run *run, const struct port *port) {
    int status;

    if (run->setup->request->warm_up == NULL)
        return CLI_OK;
    status = run__load(run, run->setup->request->warm_up, "the warm-up", port);
    run__stop_load(run);
    if (status == CLI_OK)
        compare_log_clear(&run->load_log); /* what it printed is no report of the load */
    return status;
}

/* ---- measuring ---- */

/* What the load says of itself. That it says nothing we understand is no failure; that nothing was answered is. */
static int run__read_report(struct run *run, struct compare_run *figures) {
    const struct load_report *report = &figures->report;
    char *text = compare_log_read(&run->load_log);

    if (text == NULL)
        return run__system_failed(run, "the load's output cannot be read", -ENOMEM);
    figures->report_error = load_report_read(&figures->report, text);
    free(text);
    if (figures->report_error != 0 || report->requests > 0)
        return CLI_OK;
    cli_error("compare: %s, run %u of %u: not one %s was answered well; %s counted %.0f that failed",
              compare_side_name(run->side), run->number, run->setup->total, report->one, report->tool, report->failed);
    compare_log_tell(&run->load_log, "the load");
    compare_log_tell(&run->server_log, "the server");
    return COMPARE_LOAD_FAILED;
}

static void run__begin_count(struct run *run, struct compare_run *figures, struct syscall_counter *counter) {
    static pid_t pids[TREE_MAX];

    syscall_counter_start(counter, pids, kept_pids(&run->server, pids, TREE_MAX));
    figures->method = counter->method;
    memcpy(figures->uncounted, counter->why, sizeof(figures->uncounted));
}

static void run__end_count(struct compare_run *figures, struct syscall_counter *counter) {
    uint64_t calls = 0;
    const int rc = figures->method == COUNTER_METHOD_NONE ? -ENOTSUP : syscall_counter_stop(counter, &calls);

    if (rc == 0)
        figures->syscalls = (double)calls;
    else if (figures->method != COUNTER_METHOD_NONE)
        snprintf(figures->uncounted, sizeof(figures->uncounted), "%s", strerror(-rc));
}

/* What everybody else took of the CPUs of server and load. Ticks are coarse: what is below a few of them is nothing. */
static double run__others(const struct compare_run *figures, const cpu_set_t *cpus, double busy_s) {
    const double others_s = busy_s - figures->cpu_s - figures->load_cpu_s;

    return figures->wall_s > 0 ? fmax(others_s, 0) / (figures->wall_s * CPU_COUNT(cpus)) : 0;
}

/* The load, with a look at everything before and after it. */
static int run__measure(struct run *run, struct compare_run *figures, bool count) {
    static struct syscall_counter counter;
    static struct compare_ring before;
    struct tree_cost cost[2], load_cost;
    cpu_set_t cpus;
    double busy_s;
    int status;

    CPU_OR(&cpus, &run->setup->server_cpus, &run->setup->load_cpus);

    run__pause(SETTLE_MS); /* times are exact only of who sleeps */
    before = (struct compare_ring){.why = ""};
    if (run->side == COMPARE_RING)
        compare_ring_take(&before, &run->server, &before);
    kept_cost(&run->server, &cost[0]);
    busy_s = busy_seconds(&cpus);
    if (count)
        run__begin_count(run, figures, &counter);
    status = run__load(run, run->setup->request->load, "the load", &figures->port);
    busy_s = busy_seconds(&cpus) - busy_s;
    if (status == CLI_OK)
        run__pause(SETTLE_MS);
    if (count)
        run__end_count(figures, &counter);
    if (status != CLI_OK)
        return status;
    kept_cost(&run->server, &cost[1]);
    kept_cost(&run->load, &load_cost);
    if (run->side == COMPARE_RING)
        compare_ring_take(&figures->ring, &run->server, &before);
    if (kept_state(&run->server, NULL) == KEPT_ENDED)
        return run__server_ended(run, "while the load ran");
    figures->wall_s = kept_seconds(&run->load);
    figures->cpu_s = (double)(cost[1].cpu_ns - cost[0].cpu_ns) / 1e9;
    figures->load_cpu_s = (double)load_cost.cpu_ns / 1e9;
    figures->others = run__others(figures, &cpus, busy_s);
    figures->switches = (double)cost[1].switches - (double)cost[0].switches;
    figures->peak_bytes = (double)cost[1].peak;
    return run__read_report(run, figures);
}

/* The next server wants the port. A ring that ends gives its sockets back a little later than the process. */
static void run__await_free_port(const struct port *port) {
    for (unsigned waited_ms = 0; waited_ms < FREE_PORT_MS && ports_taken(port, NULL); waited_ms += LOOK_MS)
        run__pause(LOOK_MS);
}

int compare_run_once(struct compare_run *figures, const struct compare_setup *setup, enum compare_side side,
                     unsigned number, bool count) {
    static struct run run;
    int status;

    run =
        (struct run){.setup = setup, .side = side, .number = number, .server_log = {.fd = -1}, .load_log = {.fd = -1}};
    *figures = (struct compare_run){.syscalls = NAN};
    status = compare_log_open(&run.server_log, setup->request->output, number, compare_side_name(side), "server");
    if (status == CLI_OK)
        status = compare_log_open(&run.load_log, setup->request->output, number, compare_side_name(side), "load");
    if (status == CLI_OK)
        status = run__start_server(&run);
    if (status == CLI_OK)
        status = run__await_server(&run, &figures->port);
    if (status == CLI_OK)
        status = run__warm_up(&run, &figures->port);
    if (status == CLI_OK)
        status = run__measure(&run, figures, count);
    run__stop_load(&run);
    if (run.server_runs)
        kept_stop(&run.server, STOP_GRACE_MS);
    if (status == CLI_OK)
        run__await_free_port(&figures->port);
    compare_log_close(&run.server_log);
    compare_log_close(&run.load_log);
    return status == CLI_OK ? compare_interrupted() : status;
}
