#include "trial.h"

#include "check.h"
#include "net.h"
#include "scenario.h"
#include "server.h"
#include "talk.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_S = 20, REST_MS = 2000, STEP_MS = 2, SETTINGS_MAX = 20, ARGUMENTS_MAX = 40, EXIT_LATE = 124 };

/* Everything that a trial and the driver share; memory files, so that the server can open the report. */
struct shared {
    struct fault_report report;
    struct rest rest;
};

static struct shared *shared;
static int shared_fd = -1;
static char report_path[64];

static void share(void) {
    shared_fd = CHECK_FD(memfd_create("fault-report", MFD_CLOEXEC));
    CHECK_FD(ftruncate(shared_fd, sizeof *shared));
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
    CHECK(shared != MAP_FAILED);
    snprintf(report_path, sizeof report_path, "RB_FAULT_REPORT=/proc/%d/fd/%d", (int)getpid(), shared_fd);
}

static int count_fds(pid_t pid) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    CHECK_SAY(dir, "the server has ended");
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static struct rest rest_of(pid_t pid) {
    return (struct rest){count_fds(pid), atomic_load(&shared->report.blocks), atomic_load(&shared->report.maps)};
}

static bool is_at_most(const struct rest *rest, const struct rest *most) {
    return rest->fds <= most->fds && rest->blocks <= most->blocks && rest->maps <= most->maps;
}

/* The last connections are closed a moment after their clients have seen the end. */
static void expect_rest(pid_t pid, const struct rest *most) {
    double start = check_now_ms();
    shared->rest = rest_of(pid);
    while (!is_at_most(&shared->rest, most)) {
        CHECK_SAY(check_now_ms() - start < check_scaled(REST_MS),
                  "left over: %d descriptors, %d blocks, %d maps; without a fault %d, %d, %d", shared->rest.fds,
                  shared->rest.blocks, shared->rest.maps, most->fds, most->blocks, most->maps);
        check_sleep_ms(STEP_MS);
        shared->rest = rest_of(pid);
    }
}

/* Without a measure: when it does not change any more. */
static void settle(pid_t pid) {
    enum { CALM_MS = 60 };
    struct rest last;
    do {
        last = rest_of(pid);
        check_sleep_ms(check_scaled(CALM_MS));
        shared->rest = rest_of(pid);
    } while (!is_at_most(&last, &shared->rest));
}

/* A free port that nobody else gets meanwhile: below those that the kernel hands out, and another one in each process.
 */
static uint16_t own_port(void) {
    enum { FIRST = 10000, COUNT = 20000 };
    for (int i = 0; i < COUNT; i++) {
        uint16_t port = (uint16_t)(FIRST + (getpid() + i) % COUNT);
        struct sockaddr_in address = net_address(port);
        int fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        bool free_now = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
        net_close(fd);
        if (free_now)
            return port;
    }
    check_fail(__FILE__, __LINE__, "no port is free");
}

static struct server start(const struct trial_setup *setup, char *const *settings) {
    char *arguments[ARGUMENTS_MAX + 7] = {NULL}, number[8];
    uint16_t port;
    int count = 0;
    if (!setup->cache)
        return server_start(settings, setup->server);
    while (setup->server[count] && count < ARGUMENTS_MAX) {
        arguments[count] = setup->server[count];
        count++;
    }
    port = own_port();
    snprintf(number, sizeof number, "%u", port);
    static char listen_flag[] = "-l", address[] = "127.0.0.1", port_flag[] = "-p", udp_flag[] = "-U", zero[] = "0";
    char *more[] = {listen_flag, address, port_flag, number, udp_flag, zero};
    memcpy(arguments + count, more, sizeof more);
    return server_start_on(port, settings, arguments);
}

static void talk_to(const struct trial_setup *setup, uint16_t port, enum plan_loss loss) {
    void (*once)(uint16_t) = setup->cache ? scenario_cache_once : scenario_echo_once;
    talk_may_lose(loss);
    (setup->cache ? scenario_cache : scenario_echo)(port);
    once(port);
    /* Whatever it was told, the next one is served well. */
    talk_may_lose(PLAN_NONE);
    if (loss != PLAN_NONE && atomic_load(&shared->report.fired) > 0)
        once(port);
}

static int run(const struct trial_setup *setup, const char *fault, enum plan_loss loss, const struct rest *most) {
    char *settings[SETTINGS_MAX + 3] = {NULL}, spec[128];
    int count = 0;
    check_child(LIMIT_S);
    for (; setup->settings[count] && count < SETTINGS_MAX; count++)
        settings[count] = setup->settings[count];
    settings[count++] = report_path;
    snprintf(spec, sizeof spec, "RB_FAULT=%s", fault ? fault : "");
    if (fault)
        settings[count++] = spec;
    struct server server = start(setup, settings);
    talk_to(setup, server.port, loss);
    if (most)
        expect_rest(server.pid, most);
    else
        settle(server.pid);
    /* It ends with a connection open. */
    struct talk idle = talk_open(server.port, 7, 0);
    server_stop(&server);
    talk_close(&idle);
    return 0;
}

void trial_run(struct trial_result *result, const struct trial_setup *setup, const char *fault, enum plan_loss loss,
               const struct rest *most) {
    int status, said = CHECK_FD(memfd_create("said", MFD_CLOEXEC));
    if (!shared)
        share();
    memset(shared, 0, sizeof *shared);
    fflush(NULL);
    pid_t child = CHECK_FD(fork());
    if (child == 0) {
        dup2(said, STDERR_FILENO);
        _exit(run(setup, fault, loss, most));
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    memset(result, 0, sizeof *result);
    result->passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    result->fired = atomic_load(&shared->report.fired);
    for (unsigned i = 0; i < POINT_COUNT; i++)
        result->count[i] = atomic_load(&shared->report.count[i]);
    result->rest = shared->rest;
    if (!result->passed && pread(said, result->text, sizeof result->text - 1, 0) <= 0)
        snprintf(result->text, sizeof result->text, "it said nothing, status %d", status);
    close(said);
}

void trial_end(void) {
    if (shared_fd >= 0)
        net_close(shared_fd);
    shared_fd = -1;
}
