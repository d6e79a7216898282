#include "child.h"

#include "check.h"
#include "net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void child_run(struct outcome *outcome, char *const *settings, char *const *argv) {
    int ends[2];
    CHECK_FD(pipe(ends));
    pid_t child = CHECK_FD(fork());
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        for (int i = 0; settings[i]; i++)
            putenv(settings[i]);
        execv(argv[0], argv);
        _exit(127);
    }
    net_close(ends[1]);
    size_t length = 0;
    while (length < sizeof outcome->errors - 1) {
        ssize_t got = read(ends[0], outcome->errors + length, sizeof outcome->errors - 1 - length);
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    outcome->errors[length] = '\0';
    net_close(ends[0]);
    CHECK_INT(waitpid(child, &outcome->status, 0), child);
}

int child_exit(const struct outcome *outcome) {
    CHECK_SAY(WIFEXITED(outcome->status), "ended by signal %d; it said: %s", WTERMSIG(outcome->status),
              outcome->errors);
    return WEXITSTATUS(outcome->status);
}

int child_lines(const struct outcome *outcome, const char *start) {
    int count = 0;
    for (const char *line = outcome->errors; line; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        count += strncmp(line, start, strlen(start)) == 0;
    }
    return count;
}
