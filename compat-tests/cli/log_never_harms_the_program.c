/* Guards: a notice that kills a program by SIGPIPE, stops it at a full pipe, or lands in a peer's socket. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "log.h"

static int saved_stderr;

static void set_stderr(int fd) {
    CHECK_INT(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

static void read_back(int fd, char *out, size_t size) {
    ssize_t n = read(fd, out, size - 1);

    set_stderr(saved_stderr);
    CHECK(n >= 0 || errno == EAGAIN);
    out[n > 0 ? n : 0] = '\0';
}

static void lines_are_whole_and_levels_are_kept(void) {
    char text[2048], longer[1500];
    atomic_uint flag = 0;
    int ends[2];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    set_stderr(ends[1]);
    rb_log_set_level(RB_LOG_NOTICE);
    errno = 4321;
    rb_log(RB_LOG_NOTICE, "%s is %d", "one", 1);
    rb_log(RB_LOG_DEBUG, "not this");
    rb_log_once(&flag, "once");
    rb_log_once(&flag, "twice");
    rb_log_set_level(RB_LOG_SILENT);
    rb_log(RB_LOG_NOTICE, "nor this");
    rb_log_set_level(RB_LOG_DEBUG);
    rb_log(RB_LOG_DEBUG, "%s", "but this");
    CHECK_INT(errno, 4321);
    read_back(ends[0], text, sizeof(text));
    CHECK_SAY(strcmp(text, "ringback: one is 1\nringback: once\nringback: but this\n") == 0, "%s", text);
    set_stderr(ends[1]);
    rb_log(RB_LOG_NOTICE, "%s", longer);
    read_back(ends[0], text, sizeof(text));
    CHECK(strlen(text) < 520 && text[strlen(text) - 1] == '\n');
    close(ends[0]);
    close(ends[1]);
}

static void pipe_without_reader_does_not_kill(void) {
    int ends[2];

    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    set_stderr(ends[1]);
    rb_log(RB_LOG_NOTICE, "nobody reads this");
    set_stderr(saved_stderr);
    close(ends[1]);
}

static void full_pipe_does_not_stop(void) {
    char filler[4096] = {0};
    int ends[2];

    CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(ends[1], filler, sizeof(filler)) > 0)
        continue;
    CHECK_INT(fcntl(ends[1], F_SETFL, 0), 0); /* now a write would wait for ever */
    set_stderr(ends[1]);
    rb_log(RB_LOG_NOTICE, "there is no room");
    set_stderr(saved_stderr);
    close(ends[0]);
    close(ends[1]);
}

static void socket_that_came_later_gets_nothing(void) {
    char text[256];
    int pair[2];

    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    set_stderr(pair[0]);
    rb_log(RB_LOG_NOTICE, "a peer must not see this");
    read_back(pair[1], text, sizeof(text));
    CHECK(text[0] == '\0');
    /* A socket that was there at start is the standard error. */
    set_stderr(pair[0]);
    rb_log_set_level(RB_LOG_NOTICE);
    rb_log(RB_LOG_NOTICE, "the journal sees this");
    read_back(pair[1], text, sizeof(text));
    CHECK(strcmp(text, "ringback: the journal sees this\n") == 0);
    close(pair[0]);
    close(pair[1]);
}

static void closed_stderr_is_no_error(void) {
    CHECK_INT(close(STDERR_FILENO), 0);
    errno = 4321;
    rb_log(RB_LOG_NOTICE, "into the void");
    rb_log_set_level(RB_LOG_NOTICE);
    int after = errno;
    set_stderr(saved_stderr);
    CHECK_INT(after, 4321);
}

int main(void) {
    check_begin(10);
    saved_stderr = CHECK_FD(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100));
    rb_log_set_level(RB_LOG_NOTICE);
    lines_are_whole_and_levels_are_kept();
    pipe_without_reader_does_not_kill();
    full_pipe_does_not_stop();
    socket_that_came_later_gets_nothing();
    closed_stderr_is_no_error();
    close(saved_stderr);
    return check_passed();
}
