#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "compare_print.h"
#include "json_out.h"
#include "pin.h"
#include "ringback.h"

static const char *const unit_names[] = {
    [UNIT_RATE] = "1/s",    [UNIT_US] = "us",       [UNIT_SECONDS] = "s",
    [UNIT_COUNT] = "count", [UNIT_BYTES] = "bytes", [UNIT_PERCENT] = "percent",
};

static void json__add_line(cJSON *rows, const struct compare_line *line) {
    cJSON *row = cJSON_AddObjectToObject(rows, line->key);

    cJSON_AddStringToObject(row, "name", line->name);
    cJSON_AddStringToObject(row, "unit", unit_names[line->unit]);
    for (unsigned side = 0; side < COMPARE_SIDES; side++)
        json_add_spread(row, compare_side_name((enum compare_side)side), &line->side[side]);
    json_add_spread(row, "ratio", &line->ratio);
    cJSON_AddStringToObject(row, "verdict", compare_sum_verdict(line->verdict));
}

static void json__add_run(cJSON *list, const struct compare_run *run, enum compare_side side, bool counted) {
    const struct load_report *report = &run->report;
    const bool reported = run->report_error == 0;
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "side", compare_side_name(side));
    cJSON_AddBoolToObject(item, "timed", !counted);
    json_add(item, "wall_s", run->wall_s);
    json_add(item, "cpu_s", run->cpu_s);
    json_add(item, "load_cpu_s", run->load_cpu_s);
    json_add(item, "others_share", run->others);
    json_add(item, "context_switches", run->switches);
    json_add(item, "peak_bytes", run->peak_bytes);
    json_add(item, "requests", reported ? report->requests : NAN);
    json_add(item, "failed", reported ? report->failed : NAN);
    json_add(item, "per_second", reported ? report->per_second : NAN);
    json_add(item, "mean_us", reported ? report->mean_us : NAN);
    json_add(item, "p50_us", reported ? report->p50_us : NAN);
    json_add(item, "p90_us", reported ? report->p90_us : NAN);
    json_add(item, "p99_us", reported ? report->p99_us : NAN);
    json_add(item, "max_us", reported ? report->max_us : NAN);
    if (counted) {
        json_add(item, "syscalls", run->syscalls);
        cJSON_AddStringToObject(item, "syscalls_method", counter_method_name(run->method));
        cJSON_AddStringToObject(item, "syscalls_why", run->uncounted);
    }
    cJSON_AddItemToArray(list, item);
}

static void json__add_runs(cJSON *root, const struct compare_runs *runs) {
    cJSON *list = cJSON_AddArrayToObject(root, "runs");

    for (unsigned side = 0; side < COMPARE_SIDES && runs->counted_once; side++)
        json__add_run(list, &runs->counted[side], (enum compare_side)side, true);
    for (unsigned i = 0; i < runs->pairs; i++)
        for (unsigned side = 0; side < COMPARE_SIDES; side++)
            json__add_run(list, &runs->timed[side][i], (enum compare_side)side, false);
}

static void json__add_ring(cJSON *root, const struct compare_ring *ring) {
    cJSON *object = cJSON_AddObjectToObject(root, "ring"), *counters, *fallbacks;

    cJSON_AddBoolToObject(object, "used", ring->used);
    cJSON_AddBoolToObject(object, "rests", ring->rests);
    json_add(object, "processes", ring->processes);
    json_add(object, "ring_loops", ring->ring_loops);
    json_add(object, "epoll_loops", ring->epoll_loops);
    json_add(object, "resting_loops", ring->resting_loops);
    cJSON_AddStringToObject(object, "why", ring->why);
    counters = cJSON_AddObjectToObject(object, "counters");
    for (unsigned i = 0; i < RB_COUNTER_COUNT; i++)
        json_add(counters, rb_stats_counter_info((enum rb_counter)i)->name, (double)ring->counter[i]);
    fallbacks = cJSON_AddObjectToObject(object, "fallbacks");
    for (unsigned i = 0; i < RB_FALLBACK_COUNT; i++)
        if (ring->fallback[i] > 0)
            json_add(fallbacks, rb_stats_fallback_info((enum rb_fallback)i)->name, (double)ring->fallback[i]);
}

static void json__add_machine(cJSON *root, const struct compare_setup *setup) {
    cJSON *machine = cJSON_AddObjectToObject(root, "machine");
    char cpus[PIN_TEXT_MAX];
    struct utsname name = {0};

    uname(&name);
    cJSON_AddStringToObject(machine, "kernel", name.release);
    cJSON_AddBoolToObject(machine, "pinned", setup->pinned);
    if (setup->pinned) {
        cJSON_AddStringToObject(machine, "server_cpus", pin_print(&setup->server_cpus, cpus, sizeof(cpus)));
        cJSON_AddStringToObject(machine, "load_cpus", pin_print(&setup->load_cpus, cpus, sizeof(cpus)));
    }
}

/* A string, or null. */
static void json__add_text(cJSON *object, const char *name, const char *text) {
    if (text != NULL)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

int compare_print_json(const struct compare_sum *sum, const struct compare_runs *runs,
                       const struct compare_setup *setup) {
    cJSON *root = cJSON_CreateObject(), *list;
    char port[PORT_TEXT_MAX];
    int rc;

    cJSON_AddStringToObject(root, "version", RINGBACK_VERSION);
    list = cJSON_AddArrayToObject(root, "command");
    for (char **word = setup->request->command; *word != NULL; word++)
        cJSON_AddItemToArray(list, cJSON_CreateString(*word));
    cJSON_AddStringToObject(root, "load", setup->request->load);
    cJSON_AddStringToObject(root, "listens", ports_text(port, &runs->timed[COMPARE_EPOLL][0].port));
    json_add(root, "pairs", runs->pairs);
    json__add_text(root, "tool", sum->tool);
    json__add_text(root, "unit", sum->unit);
    json__add_machine(root, setup);
    list = cJSON_AddObjectToObject(root, "rows");
    for (unsigned row = 0; row < ROW_COUNT; row++)
        if (sum->line[row].known)
            json__add_line(list, &sum->line[row]);
    json__add_ring(root, &sum->ring);
    json__add_runs(root, runs);
    list = cJSON_AddArrayToObject(root, "notes");
    for (unsigned i = 0; i < sum->notes; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(sum->note[i]));
    rc = json_print(root, stdout);
    cJSON_Delete(root);
    return rc;
}
