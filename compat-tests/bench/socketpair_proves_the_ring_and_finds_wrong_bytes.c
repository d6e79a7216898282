/* Guards: a socketpair sweep that counts epoll as the ring, and one that looks away when bytes are wrong. */
#include <string.h>

#include "capture.h"
#include "check.h"

static struct capture got;

#define SWEEP(...) CAPTURE(&got, BIN "/ringback-socketpair", "--runs", "1", "--run-ms", "20", __VA_ARGS__)

int main(void) {
    check_begin(100);
    /* The adapter here does nothing: what it "carries" is epoll. */
    SWEEP("--pairs", "2", "--sizes", "512", "--lib-dir", FAKE_LIB);
    CHECK_SAY(got.status == 1, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.out, "FAIL 512 B x 2: THE RING DID NOT CARRY IT");
    CAPTURE_SAYS(got.out, "verdict: FAIL (1 rows, 1 failed)");
    /* One that turns bytes round on their way: found in every mode of the check. */
    CAPTURE_WITH(&got, "LD_PRELOAD=" SPOILER, BIN "/rb-pairs", "1", "8", "10");
    CHECK_SAY(got.status == 1, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, "wrong bytes at 0");
    CAPTURE_WITH(&got, "LD_PRELOAD=" SPOILER, BIN "/rb-pairs", "3", "6000", "10", "check");
    CHECK_SAY(got.status == 1, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, "wrong bytes in the");
    /* And for real. How fast it was is not this test's: other tests run beside it. */
    SWEEP("--pairs", "1,3", "--sizes", "1000,65536", "--json", "ct-bench-socketpair.json");
    if (strstr(got.err, "refusing to start") != NULL)
        check_skip("io_uring cannot be used here");
    CAPTURE_SAYS(got.out, "65536     3 |");
    CHECK_SAY(strstr(got.out, "FAILED") == NULL && strstr(got.out, "DID NOT CARRY") == NULL, "%s%s", got.out, got.err);
    CAPTURE(&got, "cat", "ct-bench-socketpair.json");
    CAPTURE_SAYS(got.out, "\"on_ring\":\ttrue");
    CAPTURE_SAYS(got.out, "\"throughput_ratio\"");
    CAPTURE(&got, "rm", "ct-bench-socketpair.json");
    return check_passed();
}
