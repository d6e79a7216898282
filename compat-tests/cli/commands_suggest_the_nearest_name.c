/* Guards: usage errors that exit with 0 or go to standard output, and help that is an error. */
#include <string.h>

#include "capture.h"
#include "check.h"

static struct capture got;

static void expect_error(const char *part) {
    CHECK_SAY(got.status == 2, "status %d: %s", got.status, got.err);
    CHECK(got.out[0] == '\0');
    CAPTURE_SAYS(got.err, part);
}

static void expect_help(const char *part) {
    CHECK_SAY(got.status == 0, "status %d: %s", got.status, got.err);
    CHECK(got.err[0] == '\0');
    CAPTURE_SAYS(got.out, part);
}

static void errors(void) {
    CAPTURE(&got, RINGBACK_CLI);
    expect_error("usage: ringback COMMAND");
    CAPTURE(&got, RINGBACK_CLI, "docter");
    expect_error("did you mean doctor?");
    CAPTURE(&got, RINGBACK_CLI, "xyzzy");
    expect_error("unknown command xyzzy; see");
    CAPTURE(&got, RINGBACK_CLI, "comapre");
    expect_error("did you mean compare?");
    CAPTURE(&got, RINGBACK_CLI, "help", "statt");
    expect_error("did you mean stat?");
    CAPTURE(&got, RINGBACK_CLI, "doctor", "--jsn");
    expect_error("did you mean --json?");
    CAPTURE(&got, RINGBACK_CLI, "doctor", "--json=1");
    expect_error("--json takes no value");
    CAPTURE(&got, RINGBACK_CLI, "doctor", "sh", "word");
    expect_error("does not take word");
    CAPTURE(&got, RINGBACK_CLI, "stat", "99999999999");
    expect_error("99999999999 is no process id");
    CAPTURE(&got, RINGBACK_CLI, "stat", "");
    expect_error("an empty word is no process id");
    CAPTURE(&got, RINGBACK_CLI, "stat", "1", "2");
    expect_error("one process at a time, not 2 as well");
    CAPTURE(&got, RINGBACK_CLI, "stat", "--watch");
    expect_error("--watch takes a process");
    CAPTURE(&got, RINGBACK_CLI, "stat", "--watch=0", "1");
    expect_error("--watch takes seconds, from 0.1 to 3600");
    CAPTURE(&got, RINGBACK_CLI, "stat", "1", "--watch=1x");
    expect_error("--watch takes seconds");
    CAPTURE(&got, RINGBACK_CLI, "stat", "1", "--jsn");
    expect_error("did you mean --json?");
    CAPTURE(&got, RINGBACK_CLI, "run");
    expect_error("no program is given");
    CAPTURE(&got, RINGBACK_CLI, "run", "--profil", "safe", "true");
    expect_error("did you mean --profile?");
    CAPTURE(&got, RINGBACK_CLI, "run", "--profile");
    expect_error("--profile takes a value");
    CAPTURE(&got, RINGBACK_CLI, "run", "--profile", "saef", "true");
    expect_error("did you mean safe?");
    CAPTURE(&got, RINGBACK_CLI, "run", "--adapter=libuv", "true");
    expect_error("allowed are uv, event, both");
    CAPTURE(&got, RINGBACK_CLI, "run", "--require", "--off", "true");
    expect_error("contradict");
}

static void help(void) {
    CAPTURE(&got, RINGBACK_CLI, "help");
    expect_help("usage: ringback COMMAND");
    CAPTURE(&got, RINGBACK_CLI, "--help");
    expect_help("doctor");
    CAPTURE(&got, RINGBACK_CLI, "help", "run");
    expect_help("--profile P");
    CAPTURE(&got, RINGBACK_CLI, "help", "compare");
    expect_help("--server-cpus L ");
    CAPTURE(&got, RINGBACK_CLI, "stat", "--help");
    expect_help("usage: ringback stat");
    CAPTURE(&got, RINGBACK_CLI, "--version");
    expect_help("ringback ");
}

static void lost_output_is_an_error(void) {
    CAPTURE(&got, "sh", "-c", RINGBACK_CLI " help >/dev/full");
    CHECK_INT(got.status, 1);
    CAPTURE_SAYS(got.err, "cannot be written");
}

int main(void) {
    check_begin(30);
    errors();
    help();
    lost_output_is_an_error();
    return check_passed();
}
