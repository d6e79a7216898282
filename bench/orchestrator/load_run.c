/* load_run - see load_run.h. */
#include "load_run.h"
#include "child.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WARMUP_MS = 150, SYSCALLS_MS = 150, STALL_MS = 5000, PREPARE_MS_MAX = 30000, EXIT_GRACE_MS = 2000 };
enum { LOAD_TEXT_MAX = 8192, ARGUMENTS_MAX = 24, NUMBER_TEXT_MAX = 24 };

int load_run_call(const struct load_run *run, struct trial *trial, const char *const *argv, unsigned ms_max, char *text,
                  size_t size) {
    struct child child;
    char said[CHILD_SAID_MAX] = "";
    text[0] = '\0';
    int error = child_start(&child, argv, NULL, run->place->load_cpu);
    if (error != 0) {
        (void)snprintf(trial->error, sizeof(trial->error), "cannot start %s: %s", argv[0], strerror(-error));
        return error;
    }
    error = child_read(&child, 0, text, size, ms_max);
    const int status = error == 0 ? child_wait(&child, said, EXIT_GRACE_MS) : child_stop(&child, said);
    if (error != 0 || status != 0) {
        const char *what = said[0] != '\0' ? said : error != 0 ? strerror(-error) : "it failed and said nothing";
        (void)snprintf(trial->error, sizeof(trial->error), "load: %s", what);
    }
    return error != 0 ? error : status != 0 ? -EIO : 0;
}

static double number(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static void copy_text(const cJSON *object, const char *name, char *out, size_t size) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    (void)snprintf(out, size, "%s", cJSON_IsString(item) ? item->valuestring : "");
}

static int take_figures(const char *text, struct trial *trial) {
    cJSON *object = cJSON_Parse(text);
    trial->requests = number(object, "requests");
    trial->requests_per_second = number(object, "requests_per_second");
    trial->cpu_us = number(object, "cpu_us_per_request");
    trial->p50_us = number(object, "p50_us");
    trial->p99_us = number(object, "p99_us");
    trial->waited_share = number(object, "waited_share");
    trial->syscalls_per_request = number(object, "syscalls_per_request");
    copy_text(object, "syscalls_method", trial->syscalls_method, sizeof(trial->syscalls_method));
    copy_text(object, "syscalls_why", trial->syscalls_why, sizeof(trial->syscalls_why));
    cJSON_Delete(object);
    if (isnan(trial->requests_per_second) || isnan(trial->cpu_us)) {
        (void)snprintf(trial->error, sizeof(trial->error), "load: its answer has no figures: %.200s", text);
        return -EBADMSG;
    }
    return 0;
}

static int run_own(const struct load_run *run, struct trial *trial) {
    const struct {
        const char *name;
        unsigned value;
    } numbers[] = {
        {"--port", (unsigned)run->port},
        {"--connections", run->row->connections},
        {"--size", run->row->size},
        {"--window-ms", run->options->window_ms},
        {"--warmup-ms", WARMUP_MS},
        {"--stall-ms", STALL_MS},
        {"--server-pid", (unsigned)run->server},
        {"--syscalls-ms", SYSCALLS_MS},
    };
    /* The last one, the counting of system calls, only where it is asked for. */
    const size_t count = sizeof(numbers) / sizeof(numbers[0]) - (run->count_syscalls ? 0 : 1);
    char program[PATH_MAX + 16];
    char value[sizeof(numbers) / sizeof(numbers[0])][NUMBER_TEXT_MAX];
    const char *argv[ARGUMENTS_MAX] = {program};
    (void)snprintf(program, sizeof(program), "%s/rb-load", run->options->bin_dir);
    size_t used = 1;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(value[i], sizeof(value[i]), "%u", numbers[i].value);
        argv[used++] = numbers[i].name;
        argv[used++] = value[i];
    }
    if (run->row->contest->load == CONTEST_LOAD_KV) {
        argv[used] = "--kv";
    }
    char text[LOAD_TEXT_MAX];
    const int error = load_run_call(run, trial, argv, PREPARE_MS_MAX + run->options->window_ms, text, sizeof(text));
    return error == 0 ? take_figures(text, trial) : error;
}

int load_run(const struct load_run *run, struct trial *trial) {
    trial->syscalls_per_request = NAN;
    return run->row->contest->load == CONTEST_LOAD_WRK ? load_run_wrk(run, trial) : run_own(run, trial);
}
