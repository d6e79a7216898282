/* Guards: a comparison of epoll with epoll that passes for one with the ring. The adapter here does nothing. */
#include <string.h>

#include "capture.h"
#include "check.h"

static struct capture got;

int main(void) {
    check_begin(60);
    CAPTURE(&got, BIN "/ringback-bench", "--lib-dir", FAKE_LIB, "--only", "uv-echo", "--size", "64", "--conns", "4",
            "--pairs", "1", "--window-ms", "100", "--json", "ct-bench.json");
    if (strstr(got.err, "io_uring cannot be used here") != NULL)
        check_skip("io_uring cannot be used here");
    CHECK_SAY(got.status == 1, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.out, "NOT ON THE RING");
    CAPTURE_SAYS(got.out, "FAIL uv-echo 64 B x 4: IT RAN ON EPOLL");
    CAPTURE_SAYS(got.out, "verdict: FAIL (1 rows, 1 failed");
    CAPTURE(&got, "cat", "ct-bench.json");
    CAPTURE_SAYS(got.out, "\"verdict\":\t\"FAIL\"");
    CAPTURE_SAYS(got.out, "\"on_ring\":\tfalse");
    CAPTURE(&got, "rm", "ct-bench.json");
    /* The floor has no adapter and nothing to prove. */
    CAPTURE(&got, BIN "/ringback-bench", "--only", "limit", "--size", "64", "--conns", "4", "--pairs", "1",
            "--window-ms", "100");
    CHECK_SAY(got.status == 0, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.out, "verdict: PASS (0 rows");
    return check_passed();
}
