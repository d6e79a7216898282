/* Guards: a row that shows figures, or a verdict that passes, though a server ended, hung or answered wrongly. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "capture.h"
#include "check.h"
#include "tree.h"

static struct capture got;
static const char *tree;

/* The comparison of a libuv echo server that is the given script, and of its floor. */
static void run_with(const char *script) {
    tree_script("rb-uv-echo", script);
    CAPTURE(&got, BIN "/ringback-bench", "--build-dir", tree, "--lib-dir", FAKE_LIB, "--only", "uv-echo", "--size",
            "64", "--conns", "4", "--pairs", "1", "--window-ms", "100");
    if (strstr(got.err, "io_uring cannot be used here") != NULL)
        check_skip("io_uring cannot be used here");
    CHECK_SAY(got.status == 1, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.out, "verdict: FAIL (1 rows, 1 failed");
    CAPTURE_SAYS(got.out, "| FAILED\n");
    CHECK_SAY(kill(tree_script_pid("rb-uv-echo"), 0) != 0 && errno == ESRCH, "the server was left running");
}

int main(void) {
    check_begin(100);
    tree = tree_make();
    tree_link("rb-load", BIN "/rb-load");
    tree_link("rb-limit-ring", BIN "/rb-limit-ring");
    run_with("echo no luck today >&2; exit 3");
    CAPTURE_SAYS(got.out, "it ended before it was ready; the server had ended by itself, with status 3: no luck today");
    run_with("exec sleep 60");
    CAPTURE_SAYS(got.out, "it did not say that it is ready");
    run_with("echo hello; exec sleep 60");
    CAPTURE_SAYS(got.out, "it said something else than \"ready PORT\"");
    run_with("echo ready 1; exec sleep 60");
    CAPTURE_SAYS(got.out, "cannot connect to the server");
    run_with("( sleep 0.1; kill -SEGV $$ ) & exec " BIN "/rb-limit-epoll 0");
    CAPTURE_SAYS(got.out, "the server had ended by itself, with ");
    tree_remove();
    return check_passed();
}
