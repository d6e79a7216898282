/* Guards: a comparison that starts without what it needs, and ends in a riddle. */
#include <string.h>

#include "capture.h"
#include "check.h"
#include "tree.h"

static struct capture got;

static void expect(const char *said) {
    CHECK_SAY(got.status == 2, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, said);
    CHECK_INT(got.out[0], '\0');
}

int main(void) {
    const char *tree;

    check_begin(60);
    tree = tree_make();
    CAPTURE(&got, BIN "/ringback-bench", "--build-dir", tree, "--only", "uv-echo");
    expect("/bin/rb-uv-echo is missing: build it");
    CAPTURE_SAYS(got.err, "/bin/rb-load is missing: build it");
    CAPTURE_SAYS(got.err, "/bin/rb-limit-ring is missing: build it");
    CAPTURE_SAYS(got.err, "/lib/libringback-uv.so is missing: build it");
    CAPTURE_WITH(&got, "PATH=/nonexistent", BIN "/ringback-bench", "--only", "memcached");
    expect("memcached is not installed: tools/install-packages");
    CAPTURE_WITH(&got, "PATH=/nonexistent", BIN "/ringback-bench", "--only", "http-hello");
    expect("wrk is not installed: tools/install-packages");
    CAPTURE(&got, BIN "/ringback-bench", "--only", "nginx");
    expect("there is no server \"nginx\"");
    CAPTURE(&got, BIN "/ringback-bench", "--pairs", "0");
    expect("--pairs wants a number from 1");
    CAPTURE(&got, BIN "/ringback-bench", "--slow");
    expect("--help lists the options");
    CAPTURE(&got, BIN "/ringback-bench", "--help");
    CHECK_INT(got.status, 0);
    CAPTURE_SAYS(got.out, "usage: ringback-bench");
    tree_remove();
    return check_passed();
}
