/* saved - see saved.h. */
#include "saved.h"
#include "report.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *saved_figure_name(enum saved_figure figure) {
    static const char *const names[SAVED_FIGURES] = {"throughput", "cpu", "p50", "p99"};
    return names[figure];
}

/* Reading one row goes on after an error: only the first one is told. */
struct reader {
    size_t row;
    char *error; /* SAVED_ERROR_MAX bytes; "" so far */
};

__attribute__((format(printf, 2, 3))) static void complain(char *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (error[0] == '\0') {
        (void)vsnprintf(error, SAVED_ERROR_MAX, format, arguments);
    }
    va_end(arguments);
}

cJSON *saved_parse(const char *text, char error[SAVED_ERROR_MAX]) {
    error[0] = '\0';
    const char *end = NULL;
    cJSON *object = cJSON_ParseWithOpts(text, &end, true);
    if (object == NULL) {
        unsigned line = 1;
        for (const char *c = text; end != NULL && c < end && *c != '\0'; c++) {
            line += *c == '\n';
        }
        complain(error, "line %u is not JSON%s", line, end != NULL && *end == '\0' ? ": it ends there" : "");
    }
    return object;
}

static const char *take_text(struct reader *reader, const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item)) {
        complain(reader->error, "rows[%zu] has no text \"%s\"", reader->row, name);
        return "";
    }
    return item->valuestring;
}

static bool take_bool(struct reader *reader, const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsBool(item)) {
        complain(reader->error, "rows[%zu] has no \"%s\" that is true or false", reader->row, name);
    }
    return cJSON_IsTrue(item);
}

static double figure_of(struct reader *reader, const cJSON *item, const char *name) {
    if (!cJSON_IsNumber(item) && !cJSON_IsNull(item)) {
        complain(reader->error, "rows[%zu] has no figure \"%s\"", reader->row, name);
    }
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static unsigned take_count(struct reader *reader, const cJSON *object, const char *name) {
    const double number = figure_of(reader, cJSON_GetObjectItemCaseSensitive(object, name), name);
    if (!(number >= 0 && number <= INT_MAX)) {
        complain(reader->error, "rows[%zu]: \"%s\" is no number of such a thing", reader->row, name);
        return 0;
    }
    return (unsigned)number;
}

static struct spread take_spread(struct reader *reader, const cJSON *row, const char *name) {
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(row, name);
    return (struct spread){
        .median = figure_of(reader, cJSON_GetObjectItemCaseSensitive(object, "median"), name),
        .min = figure_of(reader, cJSON_GetObjectItemCaseSensitive(object, "min"), name),
        .max = figure_of(reader, cJSON_GetObjectItemCaseSensitive(object, "max"), name),
    };
}

/* Only the floor may be missing. */
static void take_sides(struct reader *reader, const cJSON *row, const char *name, double *number) {
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(row, name);
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, contest_side_name((enum contest_side)side));
        number[side] = side == CONTEST_FLOOR && item == NULL ? NAN : figure_of(reader, item, name);
    }
}

static void take_latencies(struct reader *reader, const cJSON *row, double number[][LATENCY_POINTS]) {
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(row, "latency");
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, contest_side_name((enum contest_side)side));
        if (cJSON_GetArraySize(list) != LATENCY_POINTS && !(side == CONTEST_FLOOR && list == NULL)) {
            complain(reader->error, "rows[%zu] has not %d points of \"latency\"", reader->row, LATENCY_POINTS);
        }
        for (int point = 0; point < LATENCY_POINTS; point++) {
            const cJSON *item = cJSON_GetArrayItem(list, point);
            number[side][point] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
        }
    }
}

static void take_judged(struct reader *reader, const cJSON *row, struct saved_row *out) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(row, "judged");
    const cJSON *item = NULL;
    if (!cJSON_IsArray(list)) {
        complain(reader->error, "rows[%zu] has no list \"judged\"", reader->row);
    }
    cJSON_ArrayForEach(item, list) {
        for (int figure = 0; figure < SAVED_FIGURES && cJSON_IsString(item); figure++) {
            out->judged[figure] |= strcmp(item->valuestring, saved_figure_name((enum saved_figure)figure)) == 0;
        }
        out->is_idle |= cJSON_IsString(item) && strcmp(item->valuestring, "idle") == 0;
    }
}

static void take_row(struct reader *reader, const cJSON *object, struct saved_row *row) {
    row->server = take_text(reader, object, "server");
    row->meaning = take_text(reader, object, "meaning");
    row->workload = take_text(reader, object, "workload");
    row->workload_meaning = take_text(reader, object, "workload_meaning");
    row->fault = take_text(reader, object, "fault");
    row->size = take_count(reader, object, "size");
    row->connections = take_count(reader, object, "connections");
    row->is_floor = take_bool(reader, object, "floor");
    row->disturbed = take_bool(reader, object, "disturbed");
    take_judged(reader, object, row);
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "%s_ratio", saved_figure_name((enum saved_figure)figure));
        row->ratio[figure] = take_spread(reader, object, name);
    }
    row->floor_factor = take_spread(reader, object, "floor_factor");
    take_sides(reader, object, "requests_per_second", row->requests_per_second);
    take_sides(reader, object, "cpu_us_per_request", row->cpu_us);
    take_sides(reader, object, "syscalls_per_request", row->syscalls);
    take_sides(reader, object, "p50_us", row->p50_us);
    take_sides(reader, object, "p99_us", row->p99_us);
    take_latencies(reader, object, row->latency_us);
    row->bytes_beyond = NAN;
    if (row->is_idle) {
        take_sides(reader, object, "idle_cpu_percent", row->idle_cpu_percent);
        take_sides(reader, object, "bytes_own", row->bytes_own);
        take_sides(reader, object, "bytes_kernel", row->bytes_kernel);
        row->bytes_beyond = figure_of(reader, cJSON_GetObjectItemCaseSensitive(object, "bytes_beyond"), "bytes_beyond");
    }
}

/* Where a workload, or a server of it, comes first: the order of the comparison is kept. */
static size_t rank_of(const struct saved *saved, const struct saved_row *row, bool by_server) {
    size_t i = 0;
    while (strcmp(saved->row[i].workload, row->workload) != 0 ||
           (by_server && strcmp(saved->row[i].server, row->server) != 0)) {
        i++;
    }
    return i;
}

struct ranked {
    size_t workload;
    size_t server;
    struct saved_row row;
};

static int compare_ranked(const void *left, const void *right) {
    const struct ranked *l = left;
    const struct ranked *r = right;
    const size_t keys[][2] = {{l->workload, r->workload},
                              {l->server, r->server},
                              {l->row.size, r->row.size},
                              {l->row.connections, r->row.connections}};
    int order = 0;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && order == 0; i++) {
        order = (keys[i][0] > keys[i][1]) - (keys[i][0] < keys[i][1]);
    }
    return order;
}

/* Sort the rows and say where each server's begin and end. Returns false without memory. */
static bool group_rows(struct saved *saved) {
    struct ranked *ranked = calloc(saved->count, sizeof(ranked[0]));
    saved->group = calloc(saved->count, sizeof(saved->group[0]));
    if (ranked == NULL || saved->group == NULL) {
        free(ranked);
        return false;
    }
    for (size_t i = 0; i < saved->count; i++) {
        const struct saved_row *row = &saved->row[i];
        ranked[i] = (struct ranked){rank_of(saved, row, false), rank_of(saved, row, true), *row};
    }
    qsort(ranked, saved->count, sizeof(ranked[0]), compare_ranked);
    for (size_t i = 0; i < saved->count; i++) {
        saved->row[i] = ranked[i].row;
        if (i == 0 || ranked[i].server != ranked[i - 1].server) {
            saved->group[saved->groups++].begin = i;
        }
        saved->group[saved->groups - 1].end = i + 1;
    }
    free(ranked);
    return true;
}

double saved_worst_ratio(const struct saved_row *row) {
    double worst = NAN;
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        if (row->judged[figure]) {
            worst = fmin(worst, row->ratio[figure].median); /* fmin passes a NAN over */
        }
    }
    return worst;
}

bool saved_fails(const struct saved *saved, const struct saved_row *row, enum saved_figure figure) {
    return row->judged[figure] && !row->is_floor && !(row->ratio[figure].median >= saved->ratio_min);
}

/* Rows that have a fault and no ratio come first: they failed, or were judged by something else. Those without either
 * come last. */
static double badness(const struct saved_row *row) {
    const double worst = saved_worst_ratio(row);
    if (isnan(worst)) {
        return row->fault[0] != '\0' ? 0 : INFINITY;
    }
    return worst;
}

static int compare_badness(const void *left, const void *right, void *context) {
    const struct saved *saved = context;
    const size_t a = *(const size_t *)left;
    const size_t b = *(const size_t *)right;
    const double l = badness(&saved->row[a]);
    const double r = badness(&saved->row[b]);
    return l > r || l < r ? (l > r) - (l < r) : (a > b) - (a < b);
}

static bool rank_rows(struct saved *saved) {
    saved->worst = calloc(saved->count, sizeof(saved->worst[0]));
    for (size_t i = 0; i < saved->count && saved->worst != NULL; i++) {
        if (!saved->row[i].is_floor) {
            saved->worst[saved->judged++] = i;
        }
    }
    if (saved->worst != NULL) {
        qsort_r(saved->worst, saved->judged, sizeof(saved->worst[0]), compare_badness, saved);
    }
    return saved->worst != NULL;
}

static bool check_format(const cJSON *object, char *error) {
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(object, "format_version");
    if (!cJSON_IsNumber(version)) {
        complain(error, "it has no \"format_version\": it is no comparison's JSON, or that of an older ringback-bench");
    } else if (version->valueint != REPORT_FORMAT_VERSION) {
        complain(error, "it is of format version %d, and this ringback-bench reads version %d", version->valueint,
                 REPORT_FORMAT_VERSION);
    }
    return error[0] == '\0';
}

bool saved_take(struct saved *saved, const cJSON *object, char error[SAVED_ERROR_MAX]) {
    *saved = (struct saved){.object = object};
    error[0] = '\0';
    if (!check_format(object, error)) {
        return false;
    }
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(object, "rows");
    saved->count = (size_t)cJSON_GetArraySize(rows);
    saved->ratio_min = saved_number(saved, "ratio_min");
    saved->passes = strcmp(saved_text(saved, "verdict"), "PASS") == 0;
    if (saved->count == 0 || isnan(saved->ratio_min)) {
        complain(error, "it has no %s", saved->count == 0 ? "\"rows\"" : "\"ratio_min\"");
        return false;
    }
    saved->row = calloc(saved->count, sizeof(saved->row[0]));
    struct reader reader = {.error = error};
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, rows) {
        if (saved->row != NULL) {
            take_row(&reader, item, &saved->row[reader.row]);
            reader.row++;
        }
    }
    if (error[0] == '\0' && (saved->row == NULL || !group_rows(saved) || !rank_rows(saved))) {
        complain(error, "there is no memory for it");
    }
    return error[0] == '\0';
}

void saved_free(struct saved *saved) {
    free(saved->row);
    free(saved->group);
    free(saved->worst);
    *saved = (struct saved){0};
}

const char *saved_text(const struct saved *saved, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(saved->object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

double saved_number(const struct saved *saved, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(saved->object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}
