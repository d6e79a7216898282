/* compare - the side-by-side comparison of unmodified programs: epoll, ring, epoll, ring, in one run.
 *
 * Standard output gets the table and the verdict, standard error the progress. Exits as enum options_exit says.
 */
#include "child.h"
#include "contest.h"
#include "json_out.h"
#include "options.h"
#include "page.h"
#include "pin.h"
#include "report.h"
#include "summary.h"
#include "tcp.h"
#include "trial.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A quick comparison promises to end within two minutes, a full one within half an hour: each row has its share of
 * this, and disturbed pairs are repeated only while they fit into what the rows so far have left of theirs. */
enum { QUICK_S_MAX = 112, FULL_S_MAX = 1500, FAULT_TEXT_MAX = TRIAL_TEXT_MAX + 64 };

static double seconds_since(uint64_t begin_ns) {
    return (double)(tcp_now_ns() - begin_ns) / 1e9;
}

/* Server and load get a CPU each. */
static struct trial_place choose_place(void) {
    cpu_set_t server;
    cpu_set_t load;
    struct trial_place place = {.server_cpu = CHILD_CPU_ANY, .load_cpu = CHILD_CPU_ANY};
    if (!pin_split(&server, &load)) {
        (void)fprintf(stderr, "There is only one CPU: server and load cannot be pinned apart, and share it.\n");
        return place;
    }
    place.server_cpu = pin_first(&server);
    place.load_cpu = pin_first(&load);
    return place;
}

static bool require_file(const char *directory, const char *name) {
    char file[PATH_MAX + 64];
    (void)snprintf(file, sizeof(file), "%s/%s", directory, name);
    if (access(file, R_OK) == 0) {
        return true;
    }
    (void)fprintf(stderr, "ringback-bench: %s is missing: build it with \"cmake --build --preset release\"\n", file);
    return false;
}

static bool require_program(const char *name) {
    if (child_findable(name)) {
        return true;
    }
    (void)fprintf(stderr, "ringback-bench: %s is not installed: tools/install-packages installs it\n", name);
    return false;
}

/* Everything that a row needs, looked for before the first one starts. */
static bool require_row(const struct options *options, const struct contest *contest) {
    bool ok = true;
    if (contest->start != CONTEST_START_OWN) {
        ok = require_program(contest->program);
    } else {
        ok = require_file(options->bin_dir, contest->program);
    }
    for (int side = CONTEST_RING; side < contest_sides(contest) && contest->start == CONTEST_START_OWN; side++) {
        ok = require_file(options->bin_dir, contest_program(contest, (enum contest_side)side)) && ok;
    }
    ok = (contest_plan(contest)->load == PLAN_LOAD_WRK ? require_program("wrk")
                                                       : require_file(options->bin_dir, "rb-load")) &&
         ok;
    switch (contest->adapter) {
    case CONTEST_ADAPTER_UV:
        return require_file(options->lib_dir, "libringback-uv.so") && ok;
    case CONTEST_ADAPTER_EVENT:
        return require_file(options->lib_dir, "libringback-event.so") && ok;
    case CONTEST_ADAPTER_NONE:
        break;
    }
    return ok;
}

/* Without io_uring there is nothing to compare: every row would say so, and the floor could not run. */
static bool require_ring(void) {
    struct io_uring_params params = {0};
    const long fd = syscall(SYS_io_uring_setup, 1, &params);
    if (fd >= 0) {
        (void)close((int)fd);
        return true;
    }
    (void)fprintf(stderr, "ringback-bench: io_uring cannot be used here: %s; \"ringback doctor\" says more\n",
                  strerror(errno));
    return false;
}

static void raise_descriptor_limit(void) {
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* One pair. Returns 0 or -errno, and then result->error tells. */
static int run_pair(struct result *result, const struct options *options, const struct trial_place *place) {
    struct trial *trials = result->pair[result->pairs].trial;
    /* wrk runs for whole seconds: once is enough there. */
    const bool count_syscalls = result->pairs == 0 || contest_plan(result->row.contest)->load != PLAN_LOAD_WRK;
    const int error = trial_run(trials, options, place, &result->row, count_syscalls);
    if (error == 0) {
        result->pairs++;
        return 0;
    }
    for (int side = 0; side < contest_sides(result->row.contest); side++) {
        const size_t used = strlen(result->error);
        if (trials[side].error[0] != '\0') {
            (void)snprintf(result->error + used, sizeof(result->error) - used, "%s%s side: %s", used == 0 ? "" : "; ",
                           contest_side_name((enum contest_side)side), trials[side].error);
        }
    }
    if (result->error[0] == '\0') {
        (void)snprintf(result->error, sizeof(result->error), "%s", strerror(-error));
    }
    return error;
}

/* So many pairs that count, and one more for each that other work disturbed, as many again at most. Which pairs count
 * is decided by the disturbance alone, never by the result.
 *   end_ns  no repetition may go beyond this
 * Returns -EINTR when interrupted, else 0. */
static int run_pairs(struct result *result, unsigned wanted, const struct options *options,
                     const struct trial_place *place, uint64_t end_ns) {
    unsigned calm = 0;
    int error = 0;
    uint64_t pair_ns = 0;
    for (unsigned i = 0; i < result->pairs; i++) {
        calm += summary_waited(&result->pair[i]) <= SUMMARY_WAITED_MAX;
    }
    while (error == 0 && calm < wanted && result->pairs < 2 * wanted) {
        const uint64_t begin_ns = tcp_now_ns();
        if (result->pairs >= wanted && begin_ns + pair_ns > end_ns) {
            break;
        }
        error = run_pair(result, options, place);
        if (error == 0) {
            calm += summary_waited(&result->pair[result->pairs - 1]) <= SUMMARY_WAITED_MAX;
        }
        pair_ns = tcp_now_ns() - begin_ns;
    }
    summary_keep(result, wanted);
    return error == -EINTR ? error : 0;
}

/* A row that looks slower on the ring gets as many pairs again before it is said; all of them count. */
static int run_row(struct result *result, struct summary *summary, const struct options *options,
                   const struct trial_place *place, uint64_t end_ns) {
    int error = run_pairs(result, options->pairs, options, place, end_ns);
    summary_make(summary, result);
    if (error == 0 && summary_slow(summary)) {
        error = run_pairs(result, 2 * options->pairs, options, place, end_ns);
        summary_make(summary, result);
    }
    return error;
}

static void print_progress(const struct result *result, const struct summary *summary) {
    char fault[FAULT_TEXT_MAX];
    report_fault(fault, sizeof(fault), result, summary);
    if (summary->fault == SUMMARY_FAULT_ERROR || summary->fault == SUMMARY_FAULT_NOT_RING) {
        (void)fprintf(stderr, "%s\n", fault);
    } else if (contest_plan(result->row.contest)->load == PLAN_LOAD_IDLE) {
        (void)fprintf(stderr, "%.2f%% of a CPU, %.0f bytes a connection beyond epoll's\n",
                      summary->idle_cpu_percent[CONTEST_RING], summary->bytes_beyond);
    } else {
        (void)fprintf(stderr, "throughput %.2f, CPU %.2f%s\n", summary->throughput_ratio.median,
                      summary->cpu_ratio.median, summary->disturbed ? " (disturbed)" : "");
    }
}

static bool save_json(const cJSON *object, const char *path) {
    const int error = json_save(object, path);
    if (error != 0) {
        (void)fprintf(stderr, "ringback-bench: cannot write %s: %s\n", path, strerror(-error));
    }
    return error == 0;
}

/* The JSON and the page, as far as they are wanted. Figures that were measured are saved before anything is made of
 * them. */
static bool save_all(const struct report *report) {
    const struct options *options = report->options;
    if (options->json_path == NULL && options->report_path == NULL) {
        return true;
    }
    cJSON *object = report_object(report);
    bool ok = options->json_path == NULL || save_json(object, options->json_path);
    if (options->report_path != NULL) {
        char path[PATH_MAX + 16];
        (void)snprintf(path, sizeof(path), "%.*s/results.json", PATH_MAX, options->report_path);
        ok = save_json(object, path) && ok;
        ok = page_make(object, path, options->report_path) && ok;
    }
    cJSON_Delete(object);
    return ok;
}

/* Returns an exit status. */
static int run_all(const struct options *options, const struct contest_row *rows, size_t count, struct result *results,
                   struct summary *summaries) {
    const struct trial_place place = choose_place();
    const uint64_t begin_ns = tcp_now_ns();
    for (size_t i = 0; i < count; i++) {
        char name[REPORT_ROW_NAME_MAX];
        results[i].row = rows[i];
        (void)fprintf(stderr, "[%zu/%zu] %s: ", i + 1, count, report_row_name(name, &rows[i]));
        results[i].pair = calloc(SUMMARY_PAIRS_MAX, sizeof(struct pair));
        if (results[i].pair == NULL) {
            (void)fprintf(stderr, "no memory\n");
            return OPTIONS_EXIT_FAIL;
        }
        const uint64_t all_ns = (options->full ? FULL_S_MAX : QUICK_S_MAX) * UINT64_C(1000000000);
        const uint64_t end_ns = begin_ns + all_ns * (i + 1) / count;
        if (run_row(&results[i], &summaries[i], options, &place, end_ns) == -EINTR) {
            (void)fprintf(stderr, "interrupted; nothing was left running\n");
            return OPTIONS_EXIT_INTERRUPTED;
        }
        print_progress(&results[i], &summaries[i]);
    }
    const struct report report = {.options = options,
                                  .place = &place,
                                  .seconds = seconds_since(begin_ns),
                                  .count = count,
                                  .result = results,
                                  .summary = summaries};
    const bool passes = report_print(&report);
    return save_all(&report) && passes ? OPTIONS_EXIT_PASS : OPTIONS_EXIT_FAIL;
}

int main(int argc, char **argv) {
    static struct options options;
    static struct contest_row rows[CONTEST_ROWS_MAX];
    static struct result results[CONTEST_ROWS_MAX];
    static struct summary summaries[CONTEST_ROWS_MAX];
    options_parse(&options, argc, argv);
    if (options.report_path != NULL && !page_possible(options.report_path)) {
        return OPTIONS_EXIT_USAGE;
    }
    if (options.from_path != NULL) {
        return page_make_from(options.from_path, options.report_path) ? OPTIONS_EXIT_PASS : OPTIONS_EXIT_USAGE;
    }
    const size_t count = contest_rows(&options, rows);
    if (count == 0) {
        (void)fprintf(stderr, "ringback-bench: no such server runs under such a workload\n");
        return OPTIONS_EXIT_USAGE;
    }
    bool ok = require_ring();
    for (size_t i = 0; i < count; i++) {
        const bool first_of_its_kind = i == 0 || rows[i].contest != rows[i - 1].contest;
        ok = (!first_of_its_kind || require_row(&options, rows[i].contest)) && ok;
    }
    if (!ok) {
        return OPTIONS_EXIT_USAGE;
    }
    raise_descriptor_limit();
    child_catch_signals();
    const int status = run_all(&options, rows, count, results, summaries);
    for (size_t i = 0; i < count; i++) {
        free(results[i].pair);
    }
    return status;
}
