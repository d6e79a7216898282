/* Guards: a comparison that ends in a riddle, with status 0, or with something left running, because server or load did
 * not do what they should. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "comparing.h"

#define ECHO  BIN "/rb-uv-echo", "0"
#define QUICK "--runs", "1", "--no-syscalls", "--quiet"

static struct capture got;

static void expect(int status, const char *part) {
    CHECK_SAY(got.status == status, "status %d instead of %d: %s%s", got.status, status, got.out, got.err);
    CHECK_SAY(got.out[0] == '\0', "figures: %s", got.out);
    CAPTURE_SAYS(got.err, part);
}

static void the_command_line(void) {
    COMPARE(&got, "--", ECHO);
    expect(2, "no load is given");
    COMPARE(&got, "--load", "true");
    expect(2, "no server is given");
    COMPARE(&got, "--load", "true", "--rusn", "1", ECHO);
    expect(2, "did you mean --runs?");
    COMPARE(&got, "--load", "true", "--runs", "0", ECHO);
    expect(2, "--runs takes a number from 1 to 99, not 0");
    COMPARE(&got, "--load", "true", "--wait", "1s", ECHO);
    expect(2, "--wait takes a number");
    COMPARE(&got, "--load", "true", "--port", "65536", ECHO);
    expect(2, "--port takes a number from 1 to 65535");
    COMPARE(&got, "--load", "true", "--env", "NOTHING", ECHO);
    expect(2, "--env takes NAME=VALUE");
    COMPARE(&got, "--load", "true", "--profile", "fast", ECHO);
    expect(2, "allowed are default, safe, latency, throughput");
    COMPARE(&got, "--load", "true", "--server-cpus", "first", ECHO);
    expect(2, "takes a list of CPUs");
    COMPARE(&got, "--load", "true", "--load-cpus", "1022", ECHO);
    expect(2, "there is no such CPU");
    COMPARE(&got, "--load", "true", "--output", "/proc/no/such", QUICK, ECHO);
    expect(1, "/proc/no/such cannot be written");
}

static void the_server(void) {
    const char *taken = comparing_port();

    COMPARE(&got, "--load", "true", "--", "no-such-server-anywhere");
    expect(127, "no-such-server-anywhere: command not found");
    COMPARE(&got, "--load", "true", "/etc");
    expect(126, "cannot be started: Permission denied");
    COMPARE(&got, "--load", "true", QUICK, "--wait", "1", "--", "sh", "-c", "echo waiting for nothing; sleep 1000");
    expect(4, "the server did not begin to listen anywhere within 1 s");
    CAPTURE_SAYS(got.err, "2 processes of it are running");
    CAPTURE_SAYS(got.err, "  | waiting for nothing\n");
    COMPARE(&got, "--load", "true", QUICK, "--wait", "1", "--port", comparing_port(), "--", ECHO);
    expect(4, "the server did not listen on port");
    CAPTURE_SAYS(got.err, "it listens on port");
    COMPARE(&got, "--load", "true", QUICK, "--", "sh", "-c", "echo first; echo 'not \033[31mme' >&2; exit 3");
    expect(5, "the server ended with status 3 before it listened anywhere");
    CAPTURE_SAYS(got.err, "  | first\n  | not ?[31mme\n");
    COMPARE(&got, "--load", "true", QUICK, "--", "sh", "-c", "kill -SEGV $$");
    expect(5, "the server ended by signal 11");
    CAPTURE_SAYS(got.err, "the server printed nothing");
    /* While the load runs: the load is not waited for. */
    COMPARE(&got, "--load", "kill -ABRT $(cat ct-compare-pid); sleep 1000", QUICK, "--", "sh", "-c",
            "echo $$ >ct-compare-pid; exec " BIN "/rb-uv-echo 0");
    expect(5, "the server ended by signal 6");
    CAPTURE_SAYS(got.err, "while the load ran");
    COMPARE(&got, "--load", comparing_text("true 127.0.0.1:%s", taken), QUICK, "--", "sh", "-c",
            comparing_text(BIN "/rb-raw-echo %s & exec " BIN "/rb-uv-echo %s", taken, taken));
    CAPTURE(&got, "rm", "ct-compare-pid");
    CHECK_INT(got.status, 0);
}

static void a_port_that_is_taken(void) {
    const char *port = comparing_port();

    /* The inner comparison's load and server both go to the port of the outer one's. */
    COMPARE(&got, "--load", comparing_text(RINGBACK_CLI " compare --load 'true http://localhost:%s/' -- true", port),
            QUICK, "--", BIN "/rb-uv-echo", port);
    expect(6, comparing_text("port %s is taken already, by process ", port));
    CAPTURE_SAYS(got.err, "(rb-uv-echo)");
    CAPTURE_SAYS(got.err, "ended with status 7");
    COMPARE(&got, "--load", comparing_text(RINGBACK_CLI " compare --load true --port %s -- true", port), QUICK, "--",
            BIN "/rb-uv-echo", port);
    expect(6, "is taken already");
}

static void the_load(void) {
    COMPARE(&got, "--load", "echo so far; exit 9", QUICK, "--", ECHO);
    expect(6, "the load ended with status 9");
    CAPTURE_SAYS(got.err, "  | so far\n");
    CAPTURE_SAYS(got.err, "  | ready "); /* the server's side of it */
    COMPARE(&got, "--load", "no-such-load-anywhere", QUICK, "--", ECHO);
    expect(6, "the load ended with status 127");
    CAPTURE_SAYS(got.err, "no-such-load-anywhere: not found");
    COMPARE(&got, "--load", "kill -KILL $$", QUICK, "--", ECHO);
    expect(6, "the load ended by signal 9");
    COMPARE(&got, "--load", "sleep 1000 & sleep 1000", "--load-time", "1", QUICK, "--", ECHO);
    expect(6, "the load had not ended after 1 s");
    COMPARE(&got, "--load", "true", "--warm-up", "exit 5", QUICK, "--", ECHO);
    expect(6, "the warm-up ended with status 5");
    COMPARE(&got, "--load", "cat " REPORTS "/wrk-errors", QUICK, "--", ECHO);
    expect(6, "not one request was answered well; wrk counted 42415 that failed");
    /* What a load prints is shown from its end, and not without end. */
    COMPARE(&got, "--load", "seq 100000; exit 1", QUICK, "--", ECHO);
    expect(6, "printed, at the end:\n  | 99989\n");
}

int main(void) {
    comparing_begin(100);
    the_command_line();
    the_server();
    a_port_that_is_taken();
    the_load();
    return check_passed();
}
