#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

extern char **environ;

static void capture__clear_environment(void) {
    for (char **entry = environ; *entry != NULL;) {
        char name[64] = "";
        size_t length = strcspn(*entry, "=");

        if (strncmp(*entry, "RINGBACK", 8) != 0 && strncmp(*entry, "LD_PRELOAD=", 11) != 0) {
            entry++;
            continue;
        }
        CHECK(length < sizeof(name));
        memcpy(name, *entry, length);
        unsetenv(name);
    }
}

static _Noreturn void capture__exec(const char *const *argv, const char *const *extra, int out, int err) {
    capture__clear_environment();
    for (; extra != NULL && *extra != NULL; extra++)
        putenv(strdup(*extra));
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvp(argv[0], (char *const *)argv);
    _exit(99);
}

/* Read what is there. Returns whether more may come. */
static bool capture__drain(int fd, char *text, size_t *length) {
    ssize_t n = read(fd, text + *length, CAPTURE_MAX - 1 - *length);

    CHECK(n >= 0 || errno == EINTR);
    *length += n > 0 ? (size_t)n : 0;
    CHECK(*length < CAPTURE_MAX - 1);
    return n != 0;
}

void capture_run(struct capture *capture, const char *const *argv, const char *const *extra) {
    int out[2], err[2], status;
    size_t out_length = 0, err_length = 0;
    pid_t child;

    memset(capture, 0, sizeof(*capture));
    CHECK_FD(pipe2(out, O_CLOEXEC));
    CHECK_FD(pipe2(err, O_CLOEXEC));
    child = CHECK_FD(fork());
    if (child == 0)
        capture__exec(argv, extra, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    struct pollfd ends[2] = {{.fd = out[0], .events = POLLIN}, {.fd = err[0], .events = POLLIN}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        if (poll(ends, 2, -1) < 0)
            continue;
        if (ends[0].revents != 0 && !capture__drain(out[0], capture->out, &out_length))
            ends[0].fd = -1;
        if (ends[1].revents != 0 && !capture__drain(err[0], capture->err, &err_length))
            ends[1].fd = -1;
    }
    close(out[0]);
    close(err[0]);
    CHECK_INT(waitpid(child, &status, 0), child);
    capture->status = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}
