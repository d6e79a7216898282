/* Guards: a comparison whose figures are another run's, another tool's or made up, or that compares epoll with epoll.
 */
#include <cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "comparing.h"

static struct capture got;

static void expect_figures(void) {
    CHECK_SAY(got.status == 0, "status %d: %s%s", got.status, got.out, got.err);
}

static double number(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    CHECK_SAY(cJSON_IsNumber(item), "%s is no number", name);
    return item->valuedouble;
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    CHECK_SAY(item != NULL, "%s is missing", name);
    return item;
}

static void expect_text(const cJSON *object, const char *name, const char *text) {
    const cJSON *item = member(object, name);

    CHECK_SAY(cJSON_IsString(item) && strcmp(item->valuestring, text) == 0, "%s is %s instead of %s", name,
              cJSON_IsString(item) ? item->valuestring : "no string", text);
}

/* An evhttp server under wrk, for the reader. */
static void an_evhttp_server_under_wrk(void) {
    const char *port = comparing_port();

    COMPARE(&got, "--runs", "1", "--no-syscalls", "--load",
            comparing_text("wrk -t1 -c8 -d1 --latency http://127.0.0.1:%s/", port), "--", BIN "/rb-http-hello", port);
    expect_figures();
    CAPTURE_SAYS(got.out, comparing_text("(port %s)", port));
    CAPTURE_SAYS(got.out, "epoll        ring   ratio");
    CAPTURE_SAYS(got.out, "throughput, requests/s ");
    CAPTURE_SAYS(got.out, "latency, p99, ");
    CAPTURE_SAYS(got.out, "server's CPU time per request, us ");
    CAPTURE_SAYS(got.out, "peak memory, MiB ");
    CAPTURE_SAYS(got.out, "The ring carried readiness, receives, sends, ");
    CAPTURE_SAYS(got.out, "in 1 loop of 1 process.");
    CAPTURE_SAYS(got.out, "With so few pairs");
    CAPTURE_SAYS(got.err, "1 of 2  epoll ");
    CAPTURE_SAYS(got.err, "requests/s, ");
    CAPTURE_SAYS(got.err, "2 of 2  ring ");
    CHECK_SAY(strstr(got.out, "ready") == NULL, "the server's own output: %s", got.out);
}

/* The figures of one run add up to the row that is made of them. */
static void check_row(const cJSON *root, const char *name, double epoll, double ring) {
    const cJSON *row = member(member(root, "rows"), name);

    CHECK_SAY(fabs(number(member(row, "epoll"), "median") - epoll) < 1e-3 * (1 + epoll), "%s: epoll %f, not %f", name,
              number(member(row, "epoll"), "median"), epoll);
    CHECK_SAY(fabs(number(member(row, "ring"), "median") - ring) < 1e-3 * (1 + ring), "%s: ring %f, not %f", name,
              number(member(row, "ring"), "median"), ring);
}

/* A libuv server under a load whose report is known; for programs. */
static void a_libuv_server_as_json(void) {
    enum { REQUESTS = 78939 };
    const cJSON *run[4] = {NULL}, *item;
    unsigned runs = 0;
    cJSON *root;

    COMPARE(&got, "--json", "--runs", "1", "--load",
            BIN "/rb-load --port $RINGBACK_PORT --connections 4 --requests 2000 >/dev/null && cat " REPORTS
                "/wrk-latency",
            BIN "/rb-uv-echo", "0");
    expect_figures();
    root = cJSON_Parse(got.out);
    CHECK_SAY(root != NULL, "no JSON: %s", got.out);
    expect_text(root, "tool", "wrk");
    CHECK_INT(number(root, "pairs"), 1);
    cJSON_ArrayForEach(item, member(root, "runs")) {
        CHECK(runs < 4);
        run[runs++] = item;
    }
    CHECK_INT(runs, 4);
    expect_text(run[2], "side", "epoll");
    expect_text(run[3], "side", "ring");
    check_row(root, "throughput", 71767.10, 71767.10);
    check_row(root, "latency_p99", 472, 472);
    check_row(root, "cpu", number(run[2], "cpu_s") * 1e6 / REQUESTS, number(run[3], "cpu_s") * 1e6 / REQUESTS);
    check_row(root, "peak_memory", number(run[2], "peak_bytes"), number(run[3], "peak_bytes"));
    if (cJSON_IsNumber(member(run[0], "syscalls"))) {
        check_row(root, "syscalls", number(run[0], "syscalls") / REQUESTS, number(run[1], "syscalls") / REQUESTS);
        /* Each request is read and written; the ring needs no call for that. */
        CHECK_SAY(number(run[0], "syscalls") >= 4000, "%f", number(run[0], "syscalls"));
        CHECK_SAY(number(run[1], "syscalls") < number(run[0], "syscalls"), "%f", number(run[1], "syscalls"));
    }
    CHECK(number(run[2], "cpu_s") > 0 && number(run[2], "load_cpu_s") > 0 && number(run[2], "wall_s") > 0);
    CHECK(cJSON_IsTrue(member(member(root, "ring"), "used")));
    CHECK(number(member(member(root, "ring"), "counters"), "enters") > 0);
    cJSON_Delete(root);
}

/* A load that nobody knows is measured by its time, and its output is left where it was asked for. */
static void any_other_load_by_its_time(void) {
    COMPARE(&got, "--runs=2", "--quiet", "--no-syscalls", "--output", "ct-compare-output", "--load",
            BIN "/rb-load --port $RINGBACK_PORT --connections 4 --requests 2000", "--profile", "latency", "--",
            BIN "/rb-uv-echo", "0");
    expect_figures();
    CHECK_SAY(got.err[0] == '\0', "%s", got.err);
    CAPTURE_SAYS(got.out, "time that the load took, s ");
    CAPTURE_SAYS(got.out, "server's CPU time per run, ");
    CAPTURE_SAYS(got.out, "is no report of wrk, ab,");
    CAPTURE_SAYS(got.out, "--profile latency");
    CAPTURE(&got, "cat", "ct-compare-output/04-ring-load.txt");
    CAPTURE_SAYS(got.out, "\"requests\"");
    CAPTURE(&got, "cat", "ct-compare-output/01-epoll-server.txt");
    CAPTURE_SAYS(got.out, "ready ");
    CAPTURE(&got, "rm", "-r", "ct-compare-output");
    CHECK_INT(got.status, 0);
}

/* A server with nothing for a ring to move is left to epoll on purpose, and that is said. */
static void a_loop_that_rests_is_no_failure(void) {
    COMPARE(&got, "--runs", "1", "--no-syscalls", "--quiet", "--load",
            BIN "/rb-load --port $RINGBACK_PORT --connections 4 --requests 2000", BIN "/rb-raw-echo", "0");
    expect_figures();
    CAPTURE_SAYS(got.out, "Ringback left the server to epoll, in 1 loop of 1 process");
    CAPTURE_SAYS(got.out, "With --streams auto");
    COMPARE(&got, "--runs", "1", "--no-syscalls", "--quiet", "--streams", "auto", "--load",
            BIN "/rb-load --port $RINGBACK_PORT --connections 4 --requests 2000", BIN "/rb-raw-echo", "0");
    expect_figures();
    CAPTURE_SAYS(got.out, "The ring carried readiness, receives");
}

/* Where the ring is not in use, that is the answer. */
static void epoll_is_not_compared_with_epoll(void) {
    COMPARE(&got, "--runs", "1", "--no-syscalls", "--quiet", "--env", "RINGBACK_DISABLE=io_uring", "--load", "true",
            "--", BIN "/rb-uv-echo", "0");
    CHECK_SAY(got.status == 3, "status %d: %s%s", got.status, got.out, got.err);
    CHECK(got.out[0] == '\0');
    CAPTURE_SAYS(got.err, "the ring was NOT in use");
    CAPTURE_SAYS(got.err, "masked by RINGBACK_DISABLE");
    COMPARE(&got, "--runs", "1", "--no-syscalls", "--quiet", "--load", "true", "--", BIN "/rb-uv-echo", "0");
    CHECK_SAY(got.status == 3, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, "did not enter it while the load ran");
    COMPARE(&got, "--load", "true", STATIC_PROGRAM);
    CHECK_SAY(got.status == 3, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, "is linked statically");
}

int main(void) {
    comparing_begin(100);
    an_evhttp_server_under_wrk();
    a_libuv_server_as_json();
    any_other_load_by_its_time();
    a_loop_that_rests_is_no_failure();
    epoll_is_not_compared_with_epoll();
    return check_passed();
}
