/* Guards: servers and load that go on after Ctrl-C, or after the comparison itself was killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "tree.h"

static const char *tree;

static pid_t start(void) {
    pid_t pid = CHECK_FD(fork());

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        prctl(PR_SET_PDEATHSIG, SIGTERM); /* should this test fail */
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execl(BIN "/ringback-bench", "ringback-bench", "--build-dir", tree, "--lib-dir", FAKE_LIB, "--only", "uv-echo",
              "--size", "64", "--conns", "4", "--pairs", "1", "--window-ms", "30000", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static bool is_running(pid_t pid) {
    return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

/* Returns the process that became of a script, once it is there. */
static pid_t wait_for(const char *name, pid_t comparison) {
    for (int waited_ms = 0; waited_ms < 20000; waited_ms += 10) {
        if (waitpid(comparison, NULL, WNOHANG) != 0)
            check_skip("the comparison does not start here: io_uring cannot be used");
        if (is_running(tree_script_pid(name)))
            return tree_script_pid(name);
        check_sleep_ms(10);
    }
    CHECK_SAY(false, "%s was never started", name);
    return 0;
}

static void nothing_remains_after(int signal_number, int status_wanted) {
    pid_t comparison = start();
    pid_t load = wait_for("rb-load", comparison); /* started last: the servers are there */
    pid_t server = tree_script_pid("rb-uv-echo");
    int status;

    CHECK(is_running(server));
    check_sleep_ms(200); /* into the measured window */
    CHECK_INT(kill(comparison, signal_number), 0);
    CHECK_INT(waitpid(comparison, &status, 0), comparison);
    CHECK_INT(status, status_wanted);
    for (int waited_ms = 0; waited_ms < 3000 && (is_running(load) || is_running(server)); waited_ms += 10)
        check_sleep_ms(10);
    CHECK(!is_running(load));
    CHECK(!is_running(server));
    tree_script("rb-load", "exec " BIN "/rb-load \"$@\"");
}

int main(void) {
    check_begin(100);
    tree = tree_make();
    tree_script("rb-load", "exec " BIN "/rb-load \"$@\"");
    tree_script("rb-uv-echo", "exec " BIN "/rb-uv-echo 0");
    tree_link("rb-limit-ring", BIN "/rb-limit-ring");
    nothing_remains_after(SIGINT, 130 << 8);
    nothing_remains_after(SIGTERM, 130 << 8);
    nothing_remains_after(SIGKILL, SIGKILL);
    tree_remove();
    return check_passed();
}
