/* Guards: a comparison that forgets its report, and figures that were saved with it and give another page. Figures are
 * not looked at: other tests run beside this one. */
#include <string.h>

#include "capture.h"
#include "check.h"

#define DIRECTORY "ct-bench-live-report"

static struct capture got;

int main(void) {
    check_begin(110);
    CAPTURE(&got, "rm", "-rf", DIRECTORY);
    CAPTURE(&got, BIN "/ringback-bench", "--pairs", "1", "--window-ms", "40", "--only", "bev-echo", "--only", "limit",
            "--size", "64", "--workload", "echo", "--workload", "idle", "--report", DIRECTORY);
    if (strstr(got.err, "io_uring cannot be used here") != NULL)
        check_skip("io_uring cannot be used here");
    CHECK_SAY(got.status <= 1 && strstr(got.err, "the report is in " DIRECTORY "/index.html") != NULL,
              "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE(&got, "mv", DIRECTORY "/index.html", DIRECTORY "/first.html");
    CHECK_INT(got.status, 0);
    CAPTURE(&got, BIN "/ringback-bench", "--report", DIRECTORY, "--from", DIRECTORY "/results.json");
    CHECK_SAY(got.status == 0, "status %d: %s", got.status, got.err);
    CAPTURE(&got, "cmp", DIRECTORY "/index.html", DIRECTORY "/first.html");
    CHECK_SAY(got.status == 0, "the page differs: %s%s", got.out, got.err);
    CAPTURE(&got, "grep", "-c", "echo bev-echo 64 B × 64 *~*</th>\\|idle bev-echo 64 B × 1000 *~*</th>",
            DIRECTORY "/index.html");
    CHECK_SAY(strcmp(got.out, "2\n") == 0, "rows in the page: %s", got.out);
    CAPTURE(&got, "rm", "-r", DIRECTORY);
    return check_passed();
}
