/* Guards: a workload that is in the table and cannot be run, or whose ring side is none. Figures are not looked at:
 * other tests run beside this one. */
#include <string.h>

#include "capture.h"
#include "check.h"

static struct capture got;

#define COMPARE(...)                                                                                                   \
    CAPTURE(&got, BIN "/ringback-bench", "--pairs", "1", "--window-ms", "40", "--json", "ct-bench-rows.json",          \
            __VA_ARGS__)

static void expect_row(const char *name) {
    CHECK_SAY(strstr(got.err, name) != NULL, "no row %s in %s", name, got.err);
}

int main(void) {
    check_begin(110);
    COMPARE("--workload", "churn", "--workload", "close", "--workload", "fetch", "--workload", "stream-in",
            "--workload", "stream-out", "--workload", "stream-both", "--workload", "udp", "--workload", "unix",
            "--only", "bev-echo", "--only", "uv-answer", "--only", "uv-udp-many", "--workload", "pipes", "--only",
            "uv-pipes", "--conns", "3");
    if (strstr(got.err, "io_uring cannot be used here") != NULL)
        check_skip("io_uring cannot be used here");
    CHECK_SAY(got.status <= 1 && strstr(got.out, "FAILED") == NULL && strstr(got.out, "NOT ON THE RING") == NULL,
              "status %d: %s%s", got.status, got.out, got.err);
    expect_row("churn bev-echo 64 B x 3: ");
    expect_row("close uv-answer 64 B x 3: ");
    expect_row("fetch uv-answer 64 KiB x 3: ");
    expect_row("stream-in uv-answer 4 MiB x 3: ");
    expect_row("stream-out uv-answer 4 MiB x 3: ");
    expect_row("stream-both bev-echo 4 MiB x 3: ");
    expect_row("udp uv-udp-many 64 B x 3: ");
    expect_row("unix bev-echo 1 KiB x 3: ");
    expect_row("pipes uv-pipes 1 KiB x 3: ");
    COMPARE("--workload", "work", "--workload", "pace", "--workload", "idle", "--only", "uv-answer", "--only",
            "bev-echo");
    CHECK_SAY(got.status <= 1 && strstr(got.out, "FAILED") == NULL && strstr(got.out, "NOT ON THE RING") == NULL,
              "status %d: %s%s", got.status, got.out, got.err);
    expect_row("work uv-answer 64 B x 16: ");
    expect_row("pace bev-echo 64 B x 1: ");
    expect_row("idle bev-echo 64 B x 1000: ");
    CAPTURE(&got, "cat", "ct-bench-rows.json");
    CAPTURE_SAYS(got.out, "\"workload\":\t\"idle\"");
    CAPTURE_SAYS(got.out, "\"bytes_beyond\"");
    CAPTURE_SAYS(got.out, "\"p99_ratio\"");
    CAPTURE_SAYS(got.out, "\"judged\":\t[\"cpu\", \"p50\"]");
    CAPTURE_SAYS(got.out, "\"libevent\":\t\"2.");
    CAPTURE(&got, "rm", "ct-bench-rows.json");
    CAPTURE(&got, BIN "/ringback-bench", "--workload", "nothing");
    CHECK_INT(got.status, 2);
    CAPTURE_SAYS(got.err, "there is no workload \"nothing\"");
    CAPTURE(&got, BIN "/ringback-bench", "--workload", "udp", "--only", "memcached");
    CHECK_INT(got.status, 2);
    CAPTURE_SAYS(got.err, "no such server runs under such a workload");
    return check_passed();
}
