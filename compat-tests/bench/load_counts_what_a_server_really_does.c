/* Guards: figures that are assumed rather than measured. The hand-written epoll server makes exactly three system calls
 * a request on one connection (epoll_wait, recv, send), and its CPU time is known to be some, and less than all. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

static struct capture got;

static pid_t start_server(char *port_text, size_t size) {
    int out[2];
    int port = 0;
    FILE *stream;
    pid_t pid;

    CHECK_INT(pipe(out), 0);
    pid = CHECK_FD(fork());
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execl(BIN "/rb-limit-epoll", "rb-limit-epoll", "0", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    stream = fdopen(out[0], "r");
    CHECK(stream != NULL);
    CHECK_INT(fscanf(stream, "ready %d", &port), 1);
    CHECK_INT(fclose(stream), 0);
    snprintf(port_text, size, "%d", port);
    return pid;
}

static double number(const char *name) {
    char key[64];
    const char *place;

    snprintf(key, sizeof(key), "\"%s\":", name);
    place = strstr(got.out, key);
    CHECK_SAY(place != NULL, "no %s in %s", name, got.out);
    return strtod(place + strlen(key), NULL);
}

int main(void) {
    char port[16];
    char pid_text[16];
    pid_t server;
    double cpu_share;
    int status;

    check_begin(60);
    server = start_server(port, sizeof(port));
    snprintf(pid_text, sizeof(pid_text), "%d", (int)server);
    CAPTURE(&got, BIN "/rb-load", "--port", port, "--server-pid", pid_text, "--connections", "1", "--window-ms", "300",
            "--slices", "3", "--syscalls-ms", "100");
    CHECK_SAY(got.status == 0, "status %d: %s", got.status, got.err);
    CHECK(number("p50_us") > 0 && number("p50_us") <= number("p99_us"));
    CHECK(number("p99_us") <= number("max_us") * 1.02); /* a bucket's middle may lie above what is in it */
    cpu_share = number("cpu_us_per_request") * number("requests_per_second") / 1e6;
    CHECK_SAY(cpu_share > 0.01 && cpu_share < 1.05, "%s", got.out);
    if (strstr(got.out, "\"syscalls_method\":\"none\"") == NULL)
        CHECK_SAY(number("syscalls_per_request") > 2.9 && number("syscalls_per_request") < 3.1, "%s", got.out);
    else
        CHECK(strstr(got.out, "\"syscalls_per_request\"") == NULL && strstr(got.out, "\"syscalls_why\":\"\"") == NULL);
    CHECK_INT(kill(server, SIGTERM), 0);
    CHECK_INT(waitpid(server, &status, 0), server);
    CHECK_INT(status, 0); /* it ends well */
    return check_passed();
}
