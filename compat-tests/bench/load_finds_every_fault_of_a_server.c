/* Guards: a load generator that calls a run verified in which a byte was wrong, lost, doubled or out of place. */
#include <stdio.h>
#include <string.h>

#include "capture.h"
#include "check.h"
#include "faulty.h"

static struct capture got;

static void run_against(enum fault fault, const char *size) {
    char port_text[16];
    uint16_t port;
    pid_t server = faulty_start(fault, &port);

    snprintf(port_text, sizeof(port_text), "%u", port);
    CAPTURE(&got, BIN "/rb-load", "--port", port_text, "--connections", "8", "--size", size, "--warmup-ms", "0",
            "--requests", "20000", "--window-ms", "1", "--stall-ms", "2000");
    faulty_stop(server);
}

static void expect_fault(enum fault fault, const char *size, const char *said) {
    run_against(fault, size);
    CHECK_SAY(got.status == 1, "status %d: %s", got.status, got.out);
    CAPTURE_SAYS(got.out, "\"errors\":1");
    CAPTURE_SAYS(got.err, said);
}

int main(void) {
    check_begin(100);
    run_against(FAULT_NONE, "100");
    CHECK_SAY(got.status == 0, "status %d: %s", got.status, got.err);
    CAPTURE_SAYS(got.out, "\"requests\":20000,");
    CAPTURE_SAYS(got.out, "\"errors\":0");

    expect_fault(FAULT_FLIP, "100", "a wrong byte");
    expect_fault(FAULT_SWAP, "100", "a wrong byte");
    expect_fault(FAULT_LOSE, "100", "a wrong byte");
    expect_fault(FAULT_LOSE_LAST, "100", "the rest of the answer never came");
    expect_fault(FAULT_DOUBLE, "100", "rb-load: "); /* a wrong byte, or one too many: it depends on which it was */
    expect_fault(FAULT_CLOSE, "100", "the server closed the connection");

    CAPTURE(&got, BIN "/rb-load", "--port", "1", "--connections", "1");
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.err, "cannot connect to the server: Connection refused");
    CAPTURE(&got, BIN "/rb-load", "--port", "-1");
    CHECK_INT(got.status, 2);
    CAPTURE_SAYS(got.err, "--port wants a number");
    return check_passed();
}
