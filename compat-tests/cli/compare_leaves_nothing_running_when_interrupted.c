/* Guards: a server, its workers or its load that go on after Ctrl-C, or after the comparison itself was killed. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "comparing.h"

#define WORKERS "(setsid " BIN "/rb-uv-echo 0 &) ; " BIN "/rb-uv-echo 0 & exec " BIN "/rb-uv-echo 0"

static pid_t start(const char *const *argv) {
    pid_t pid = CHECK_FD(fork());

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv(RINGBACK_CLI, (char *const *)argv);
        _exit(127);
    }
    return pid;
}

/* Wait until the load says by a file that it runs. */
static void await_file(const char *path, pid_t comparison) {
    for (int waited_ms = 0; access(path, F_OK) != 0; waited_ms += 10) {
        CHECK_SAY(waited_ms < 20000 && waitpid(comparison, NULL, WNOHANG) == 0, "the load did not begin");
        check_sleep_ms(10);
    }
    CHECK_INT(unlink(path), 0);
}

static void nothing_remains_after(const char *const *argv, int signal_number, int status_wanted) {
    pid_t comparison = start(argv);
    int status = 0;

    await_file("ct-compare-begun", comparison);
    CHECK_INT(kill(comparison, signal_number), 0);
    CHECK_INT(waitpid(comparison, &status, 0), comparison);
    CHECK_INT(status, status_wanted);
    if (signal_number == SIGKILL)
        comparing_await_end();
    else
        comparing_nothing_is_left();
}

int main(void) {
    static const char *const loading[] = {
        "ringback", "compare", "--load", "sleep 1000 & touch ct-compare-begun; sleep 1000", "--", "sh",
        "-c",       WORKERS,   NULL};
    static const char *const waiting[] = {
        "ringback", "compare", "--load", "true", "--", "sh", "-c", "sleep 1000 & touch ct-compare-begun; sleep 1000",
        NULL};

    comparing_begin(100);
    nothing_remains_after(loading, SIGINT, (128 + SIGINT) << 8);
    nothing_remains_after(loading, SIGTERM, (128 + SIGTERM) << 8);
    nothing_remains_after(loading, SIGHUP, (128 + SIGHUP) << 8);
    nothing_remains_after(loading, SIGKILL, SIGKILL);
    nothing_remains_after(waiting, SIGINT, (128 + SIGINT) << 8);
    nothing_remains_after(waiting, SIGKILL, SIGKILL);
    return check_passed();
}
