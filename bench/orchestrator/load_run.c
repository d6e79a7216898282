/* load_run - see load_run.h. */
#include "load_run.h"
#include "child.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WARMUP_MS = 100, SYSCALLS_MS = 50, STALL_MS = 5000, PREPARE_MS_MAX = 30000, EXIT_GRACE_MS = 2000 };
enum { LOAD_TEXT_MAX = 8192, NUMBER_TEXT_MAX = 16, ARGUMENTS_MAX = 40 };

/* What a request takes, roughly; see slices_for. */
enum { ROUND_US = 5, SLICE_ROUNDS = 4 };
#define ROUND_BYTES_PER_US 1000.0

int load_run_call(const struct load_run *run, char *error_text, const char *const *argv, unsigned ms_max, char *text,
                  size_t size) {
    struct child child;
    char said[CHILD_SAID_MAX] = "";
    text[0] = '\0';
    int error = child_start(&child, argv, NULL, run->place->load_cpu);
    if (error != 0) {
        (void)snprintf(error_text, TRIAL_TEXT_MAX, "cannot start %s: %s", argv[0], strerror(-error));
        return error;
    }
    error = child_read(&child, false, text, size, ms_max);
    const int status = error == 0 ? child_wait(&child, said, EXIT_GRACE_MS) : child_stop(&child, said);
    if (error != 0 || status != 0) {
        const char *what = said[0] != '\0' ? said : error != 0 ? strerror(-error) : "it failed and said nothing";
        (void)snprintf(error_text, TRIAL_TEXT_MAX, "load: %s", what);
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

static void take_figures(const cJSON *object, struct trial *trial) {
    trial->requests = number(object, "requests");
    trial->requests_per_second = number(object, "requests_per_second");
    trial->cpu_us = number(object, "cpu_us_per_request");
    trial->p50_us = number(object, "p50_us");
    trial->p99_us = number(object, "p99_us");
    const cJSON *latencies = cJSON_GetObjectItemCaseSensitive(object, "latency_us");
    for (int point = 0; point < LATENCY_POINTS; point++) {
        const cJSON *item = cJSON_GetArrayItem(latencies, point);
        trial->latency_us[point] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    }
    trial->idle_cpu_percent = number(object, "idle_cpu_percent");
    trial->bytes_own = number(object, "bytes_own");
    trial->bytes_kernel = number(object, "bytes_kernel");
    trial->waited_share = number(object, "waited_share");
    trial->syscalls_per_request = number(object, "syscalls_per_request");
    copy_text(object, "syscalls_method", trial->syscalls_method, sizeof(trial->syscalls_method));
    copy_text(object, "syscalls_why", trial->syscalls_why, sizeof(trial->syscalls_why));
    copy_text(object, "error", trial->error, sizeof(trial->error));
}

/* All sides' figures, or the error of the side that had one. */
static int take_answer(const struct load_run *run, const char *text, int error, const char *error_text,
                       struct trial *trials) {
    const int sides = contest_sides(run->row->contest);
    const bool is_idle = contest_plan(run->row->contest)->load == PLAN_LOAD_IDLE;
    cJSON *object = cJSON_Parse(text);
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(object, "targets");
    bool told = false;
    for (int side = 0; side < sides; side++) {
        take_figures(cJSON_GetArrayItem(targets, side), &trials[side]);
        told = told || trials[side].error[0] != '\0';
        const struct trial *trial = &trials[side];
        if (error == 0 && isnan(is_idle ? trial->idle_cpu_percent : trial->requests_per_second + trial->cpu_us)) {
            error = -EBADMSG;
            error_text = "load: its answer has no figures";
        }
    }
    cJSON_Delete(object);
    if (error != 0 && !told) {
        (void)snprintf(trials[CONTEST_EPOLL].error, sizeof(trials[CONTEST_EPOLL].error), "%s", error_text);
    }
    return error;
}

static unsigned window_ms(const struct load_run *run) {
    return run->options->window_ms * contest_plan(run->row->contest)->windows;
}

/* How many pieces the window falls into. Pieces are short, so that a change of the machine's speed hits all sides, but
 * a few rounds of all connections long: each begins and ends with nothing in flight. */
static unsigned slices_for(const struct load_run *run) {
    const double round_us = run->row->connections * (ROUND_US + run->row->size / ROUND_BYTES_PER_US);
    const double slice_ms = fmax(contest_plan(run->row->contest)->slice_ms_min, SLICE_ROUNDS * round_us / 1000);
    const unsigned slices = (unsigned)(window_ms(run) / slice_ms);
    return slices < 2 ? 1 : slices - slices % 2; /* even: each side goes first as often as second */
}

/* An argument vector of options with numbers; NULL ends it, as the rest is zero. */
struct arguments {
    size_t count;
    const char *argv[ARGUMENTS_MAX];
    char value[ARGUMENTS_MAX][NUMBER_TEXT_MAX];
};

static void arguments_add(struct arguments *arguments, const char *name, unsigned number) {
    char *value = arguments->value[arguments->count];
    (void)snprintf(value, NUMBER_TEXT_MAX, "%u", number);
    arguments->argv[arguments->count++] = name;
    arguments->argv[arguments->count++] = value;
}

static int run_own(const struct load_run *run, struct trial *trials) {
    const struct {
        const char *name;
        unsigned value;
    } numbers[] = {
        {"--connections", run->row->connections},
        {"--size", run->row->size},
        {"--window-ms", window_ms(run)},
        {"--slices", slices_for(run)},
        {"--warmup-ms", WARMUP_MS},
        {"--stall-ms", STALL_MS},
        {"--syscalls-ms", SYSCALLS_MS}, /* the last one: left out unless asked for */
    };
    const size_t count = sizeof(numbers) / sizeof(numbers[0]) - (run->count_syscalls ? 0U : 1U);
    struct arguments arguments = {.count = 1};
    char program[PATH_MAX + 16];
    (void)snprintf(program, sizeof(program), "%s/rb-load", run->options->bin_dir);
    arguments.argv[0] = program;
    const struct plan *plan = contest_plan(run->row->contest);
    for (int side = 0; side < contest_sides(run->row->contest); side++) {
        if (run->path[side][0] != '\0') {
            arguments.argv[arguments.count++] = plan->transport == PLAN_FIFO_TRANSPORT ? "--fifo" : "--unix";
            arguments.argv[arguments.count++] = run->path[side];
        } else {
            arguments_add(&arguments, "--port", (unsigned)run->port[side]);
        }
        arguments_add(&arguments, "--server-pid", (unsigned)run->server[side]);
    }
    for (size_t i = 0; i < count; i++) {
        arguments_add(&arguments, numbers[i].name, numbers[i].value);
    }
    for (int i = 0; i < PLAN_ARGUMENTS_MAX && plan->argument[i] != NULL; i++) {
        arguments.argv[arguments.count++] = plan->argument[i];
    }
    if (plan->transport == PLAN_UDP_TRANSPORT) {
        arguments.argv[arguments.count++] = "--udp";
    }
    char text[LOAD_TEXT_MAX];
    char error_text[TRIAL_TEXT_MAX] = "";
    const int error =
        load_run_call(run, error_text, arguments.argv, PREPARE_MS_MAX + 4 * window_ms(run), text, sizeof(text));
    return take_answer(run, text, error, error_text, trials);
}

int load_run(const struct load_run *run, struct trial trials[CONTEST_SIDES_MAX]) {
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        trials[side].syscalls_per_request = NAN;
    }
    return contest_plan(run->row->contest)->load == PLAN_LOAD_WRK ? load_run_wrk(run, trials) : run_own(run, trials);
}
