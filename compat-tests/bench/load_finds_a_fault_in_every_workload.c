/* Guards: a workload whose answers nobody looks at. Each of them is run against the comparison's own servers, which do
 * one thing wrong, once. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

enum { ARGUMENTS_MAX = 24 };

static struct capture got;
static const char path[] = "ct-bench-mischief.sock"; /* made absolute: rb-load wants it so */
static char address[512];

/* Start a server. Returns its process; `place` gets where it listens. */
static pid_t start(const char *server, const char *mischief, const char *where, char *place, size_t size) {
    char program[512];
    int out[2];
    int port = 0;
    FILE *stream;
    pid_t pid;

    snprintf(program, sizeof(program), BIN "/%s", server);
    CHECK_INT(pipe(out), 0);
    pid = CHECK_FD(fork());
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("LD_PRELOAD", MISCHIEF, 1);
        setenv("MISCHIEF", mischief, 1);
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execl(program, server, where, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    stream = fdopen(out[0], "r");
    CHECK(stream != NULL);
    CHECK_INT(fscanf(stream, "ready %d", &port), 1);
    CHECK_INT(fclose(stream), 0);
    snprintf(place, size, "%d", port);
    return pid;
}

/* Load a server that does what `mischief` says, "" for nothing, with the given arguments, which end with NULL. */
static void load(const char *server, const char *mischief, const char *const *arguments) {
    const char *argv[ARGUMENTS_MAX] = {BIN "/rb-load"};
    const bool by_path = arguments[0] != NULL && arguments[1] == address;
    char port[16];
    pid_t pid;
    int count = 1;

    unlink(path);
    pid = start(server, mischief, by_path ? address : "0", port, sizeof(port));
    if (!by_path) {
        argv[count++] = "--port";
        argv[count++] = port;
    }
    for (int i = 0; arguments[i] != NULL; i++)
        argv[count++] = arguments[i];
    argv[count++] = "--stall-ms";
    argv[count++] = "1000";
    argv[count++] = "--warmup-ms";
    argv[count++] = "0";
    argv[count++] = "--connections";
    argv[count++] = "3";
    argv[count++] = "--requests";
    argv[count++] = "120";
    capture_run(&got, argv, NULL);
    CHECK_INT(kill(pid, SIGTERM), 0); /* it removes its pipes */
    CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static void expect_well(const char *server, const char *const *arguments) {
    load(server, "", arguments);
    CHECK_SAY(got.status == 0, "%s, status %d: %s%s", server, got.status, got.out, got.err);
    CAPTURE_SAYS(got.out, "\"requests\":120,");
}

static void expect_fault(const char *server, const char *mischief, const char *said, const char *const *arguments) {
    load(server, mischief, arguments);
    CHECK_SAY(got.status == 1, "%s with %s, status %d: %s", server, mischief, got.status, got.out);
    CAPTURE_SAYS(got.out, "\"errors\":1");
    CAPTURE_SAYS(got.err, said);
}

#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

static void connections_that_end(void) {
    expect_well("rb-bev-echo", WITH("--churn"));
    expect_fault("rb-bev-echo", "flip 20", "a wrong byte", WITH("--churn"));
    expect_fault("rb-uv-echo", "lose 20", "the rest of the answer never came", WITH("--churn"));
    expect_fault("rb-raw-echo", "hang 20", "the server closed the connection", WITH("--churn"));
    expect_well("rb-uv-answer", WITH("--workload", "last"));
    expect_well("rb-bev-answer", WITH("--workload", "last"));
    expect_fault("rb-uv-answer", "flip 20", "a wrong byte", WITH("--workload", "last"));
    expect_fault("rb-bev-answer", "hang 20", "the server closed the connection", WITH("--workload", "last"));
    /* The whole answer, but never its end. */
    expect_fault("rb-bev-answer", "stay 20", "(byte 64 of 64)", WITH("--workload", "last"));
}

static void long_messages(void) {
    expect_well("rb-uv-answer", WITH("--workload", "get", "--size", "300000"));
    expect_well("rb-bev-answer", WITH("--workload", "get", "--size", "300000"));
    expect_fault("rb-uv-answer", "flip 20", "a wrong byte", WITH("--workload", "get", "--size", "300000"));
    expect_fault("rb-bev-answer", "lose 20", "a wrong byte", WITH("--workload", "get", "--size", "300000"));
    expect_well("rb-uv-answer", WITH("--workload", "put", "--size", "300000"));
    expect_well("rb-bev-answer", WITH("--workload", "put", "--size", "300000"));
    /* The checksum of the first request of each connection finds what came in wrongly. */
    expect_fault("rb-uv-answer", "turn 3", "a wrong byte", WITH("--workload", "put", "--size", "300000"));
    expect_fault("rb-bev-answer", "turn 3", "a wrong byte", WITH("--workload", "put", "--size", "300000"));
    expect_fault("rb-uv-answer", "cut 50", "the rest of the answer never came",
                 WITH("--workload", "put", "--size", "300000"));
}

static void other_transports(void) {
    expect_well("rb-uv-udp", WITH("--udp"));
    expect_well("rb-uv-udp-many", WITH("--udp"));
    expect_well("rb-raw-udp", WITH("--udp"));
    expect_fault("rb-uv-udp", "turn 20", "a wrong byte", WITH("--udp"));
    expect_fault("rb-raw-udp", "cut 20", "a datagram of another size", WITH("--udp"));
    expect_fault("rb-raw-udp", "hang 20", "the rest of the answer never came", WITH("--udp"));
    expect_well("rb-uv-echo", WITH("--unix", address));
    expect_well("rb-bev-echo", WITH("--unix", address));
    expect_fault("rb-raw-echo", "flip 20", "a wrong byte", WITH("--unix", address));
    expect_well("rb-uv-pipes", WITH("--fifo", address));
    expect_fault("rb-uv-pipes", "turn 20", "a wrong byte", WITH("--fifo", address));
}

static void requests_with_a_pace(void) {
    expect_well("rb-uv-answer", WITH("--workload", "work", "--pace-us", "4000"));
    /* 120 requests of three connections, 4 ms apart: the last ones begin after 39 of these. */
    CHECK_SAY(strtod(strstr(got.out, "\"seconds\":") + strlen("\"seconds\":"), NULL) > 0.15, "%s", got.out);
    expect_fault("rb-bev-answer", "flip 20", "a wrong byte", WITH("--workload", "work", "--pace-us", "4000"));
}

int main(void) {
    char directory[256];

    check_begin(100);
    CHECK(getcwd(directory, sizeof(directory)) != NULL);
    snprintf(address, sizeof(address), "%s/%s", directory, path);
    connections_that_end();
    long_messages();
    other_transports();
    requests_with_a_pace();
    unlink(path);
    return check_passed();
}
