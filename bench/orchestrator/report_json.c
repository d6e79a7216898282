/* report_json - report_object of report.h. */
#include "report.h"
#include "json_out.h"
#include "machine.h"

static void add_sides(cJSON *object, const char *name, const double *number, int sides) {
    cJSON *item = cJSON_AddObjectToObject(object, name);
    for (int side = 0; side < sides; side++) {
        json_add(item, contest_side_name((enum contest_side)side), number[side]);
    }
}

/* The names of what the verdict looks at. */
static void add_judged(cJSON *object, unsigned judged) {
    static const struct {
        enum plan_judged bit;
        const char *name;
    } names[] = {{PLAN_JUDGES_THROUGHPUT, "throughput"},
                 {PLAN_JUDGES_CPU, "cpu"},
                 {PLAN_JUDGES_P50, "p50"},
                 {PLAN_JUDGES_P99, "p99"},
                 {PLAN_JUDGES_IDLE, "idle"}};
    cJSON *list = cJSON_AddArrayToObject(object, "judged");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((judged & names[i].bit) != 0) {
            (void)cJSON_AddItemToArray(list, cJSON_CreateString(names[i].name));
        }
    }
}

/* The distribution: each side's latencies at the shares beside them. */
static void add_latencies(cJSON *object, const struct summary *summary, int sides) {
    cJSON *item = cJSON_AddObjectToObject(object, "latency");
    cJSON *shares = cJSON_AddArrayToObject(item, "share");
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        (void)cJSON_AddItemToArray(shares, cJSON_CreateNumber(latency_share(point)));
    }
    for (int side = 0; side < sides; side++) {
        cJSON *list = cJSON_AddArrayToObject(item, contest_side_name((enum contest_side)side));
        for (unsigned point = 0; point < LATENCY_POINTS; point++) {
            (void)cJSON_AddItemToArray(list, json_number(summary->latency_us[side][point]));
        }
    }
}

static cJSON *trial_object(const struct trial *trial) {
    cJSON *object = cJSON_CreateObject();
    json_add(object, "requests", trial->requests);
    json_add(object, "requests_per_second", trial->requests_per_second);
    json_add(object, "cpu_us_per_request", trial->cpu_us);
    json_add(object, "p50_us", trial->p50_us);
    json_add(object, "p99_us", trial->p99_us);
    json_add(object, "waited_share", trial->waited_share);
    if (trial->syscalls_method[0] != '\0') {
        json_add(object, "syscalls_per_request", trial->syscalls_per_request);
        (void)cJSON_AddStringToObject(object, "syscalls_method", trial->syscalls_method);
        (void)cJSON_AddStringToObject(object, "syscalls_why", trial->syscalls_why);
    }
    if (trial->proof.asked) {
        (void)cJSON_AddBoolToObject(object, "on_ring", trial->proof.carried && !trial->proof.rests);
        (void)cJSON_AddBoolToObject(object, "rests", trial->proof.rests);
        json_add(object, "enters", trial->proof.enters);
        (void)cJSON_AddStringToObject(object, "on_ring_why", trial->proof.why);
    }
    return object;
}

static cJSON *row_object(const struct result *result, const struct summary *summary) {
    char text[TRIAL_TEXT_MAX + REPORT_ROW_NAME_MAX];
    const int sides = contest_sides(result->row.contest);
    cJSON *object = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(object, "server", result->row.contest->name);
    (void)cJSON_AddStringToObject(object, "meaning", result->row.contest->meaning);
    (void)cJSON_AddStringToObject(object, "workload", contest_plan(result->row.contest)->name);
    (void)cJSON_AddStringToObject(object, "workload_meaning", contest_plan(result->row.contest)->meaning);
    json_add(object, "size", result->row.size);
    json_add(object, "connections", result->row.connections);
    (void)cJSON_AddBoolToObject(object, "floor", result->row.contest->adapter == CONTEST_ADAPTER_NONE);
    add_judged(object, contest_plan(result->row.contest)->judged);
    (void)cJSON_AddBoolToObject(object, "passes", summary->fault == SUMMARY_FAULT_NONE);
    report_fault(text, sizeof(text), result, summary);
    (void)cJSON_AddStringToObject(object, "fault", text);
    json_add_spread(object, "throughput_ratio", &summary->throughput_ratio);
    json_add_spread(object, "cpu_ratio", &summary->cpu_ratio);
    json_add_spread(object, "p50_ratio", &summary->p50_ratio);
    json_add_spread(object, "p99_ratio", &summary->p99_ratio);
    json_add_spread(object, "floor_factor", &summary->floor_factor);
    add_sides(object, "requests_per_second", summary->requests_per_second, sides);
    add_sides(object, "cpu_us_per_request", summary->cpu_us, sides);
    if (contest_plan(result->row.contest)->load == PLAN_LOAD_IDLE) {
        add_sides(object, "idle_cpu_percent", summary->idle_cpu_percent, sides);
        add_sides(object, "bytes_own", summary->bytes_own, sides);
        add_sides(object, "bytes_kernel", summary->bytes_kernel, sides);
        json_add(object, "bytes_beyond", summary->bytes_beyond);
    }
    add_sides(object, "syscalls_per_request", summary->syscalls, sides);
    add_sides(object, "p50_us", summary->p50_us, sides);
    add_sides(object, "p99_us", summary->p99_us, sides);
    add_latencies(object, summary, sides);
    (void)cJSON_AddBoolToObject(object, "disturbed", summary->disturbed);
    cJSON *pairs = cJSON_AddArrayToObject(object, "pairs");
    for (unsigned i = 0; i < result->pairs; i++) {
        cJSON *pair = cJSON_CreateObject();
        (void)cJSON_AddBoolToObject(pair, "kept", result->pair[i].kept);
        for (int side = 0; side < sides; side++) {
            const char *name = contest_side_name((enum contest_side)side);
            (void)cJSON_AddItemToObject(pair, name, trial_object(&result->pair[i].trial[side]));
        }
        (void)cJSON_AddItemToArray(pairs, pair);
    }
    return object;
}

cJSON *report_object(const struct report *report) {
    cJSON *object = cJSON_CreateObject();
    json_add(object, "format_version", REPORT_FORMAT_VERSION);
    machine_add(object);
    (void)cJSON_AddStringToObject(object, "sweep", report->options->full ? "full" : "quick");
    json_add(object, "server_cpu", report->place->server_cpu);
    json_add(object, "load_cpu", report->place->load_cpu);
    json_add(object, "pairs", report->options->pairs);
    json_add(object, "window_ms", report->options->window_ms);
    json_add(object, "seconds", report->seconds);
    json_add(object, "ratio_min", SUMMARY_RATIO_MIN);
    (void)cJSON_AddStringToObject(object, "verdict", report_passes(report) ? "PASS" : "FAIL");
    cJSON *rows = cJSON_AddArrayToObject(object, "rows");
    for (size_t i = 0; i < report->count; i++) {
        (void)cJSON_AddItemToArray(rows, row_object(&report->result[i], &report->summary[i]));
    }
    return object;
}
