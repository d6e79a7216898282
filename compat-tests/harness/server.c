#include "server.h"

#include "check.h"
#include "net.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OWN_FDS_FROM = 512, SETTLE_MS = 3000, START_MS = 5000, STEP_MS = 20, OUTPUT_MAX = 65536 };

/* Starts argv with standard output in a pipe; returns the reading end. */
static int server__spawn(char *const *settings, char *const *argv, pid_t *pid) {
    int ends[2];
    CHECK_FD(pipe(ends));
    *pid = CHECK_FD(fork());
    if (*pid == 0) {
        /* A test that fails takes its server along. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        for (int i = 0; settings && settings[i]; i++)
            putenv(settings[i]);
        execvp(argv[0], argv);
        dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    net_close(ends[1]);
    return ends[0];
}

struct server server_start(char *const *settings, char *const *argv) {
    struct server server = {0};
    int output = server__spawn(settings, argv, &server.pid);
    char line[64] = "";
    for (size_t length = 0; length < sizeof line - 1 && !strchr(line, '\n'); length++)
        CHECK_SAY(read(output, line + length, 1) == 1, "%s did not say that it is ready", argv[0]);
    unsigned port = 0;
    CHECK_SAY(sscanf(line, "ready %u", &port) == 1 && port > 0 && port <= UINT16_MAX, "%s said %s", argv[0], line);
    server.port = (uint16_t)port;
    /* A server that prints again must not be stopped by a pipe that nobody reads: it gets EPIPE or SIGPIPE at most. */
    net_close(output);
    return server;
}

static bool server__accepts(uint16_t port) {
    struct sockaddr_in address = net_address(port);
    int fd = CHECK_FD(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    net_close(fd);
    return connected;
}

struct server server_start_on(uint16_t port, char *const *settings, char *const *argv) {
    struct server server = {.port = port};
    net_close(server__spawn(settings, argv, &server.pid));
    double start = check_now_ms();
    while (!server__accepts(port)) {
        CHECK_SAY(check_now_ms() - start < check_scaled(START_MS), "%s does not accept connections", argv[0]);
        check_sleep_ms(STEP_MS);
    }
    return server;
}

int server_fds(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    CHECK_SAY(dir, "%s: %s", path, strerror(errno));
    int count = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.' && atoi(entry->d_name) < OWN_FDS_FROM;
    closedir(dir);
    return count;
}

void server_expect_fds(pid_t pid, int expected) {
    double start = check_now_ms();
    while (server_fds(pid) != expected) {
        CHECK_SAY(check_now_ms() - start < check_scaled(SETTLE_MS), "the server has %d descriptors open, it had %d",
                  server_fds(pid), expected);
        check_sleep_ms(STEP_MS);
    }
}

/* One counter out of what `ringback stat --json` printed; fails the test when it is not there. */
static unsigned long long server__counter(const char *json, const char *name) {
    char key[64];
    unsigned long long count;
    snprintf(key, sizeof key, "\"%s\"", name);
    const char *found = strstr(json, key);
    CHECK_SAY(found && sscanf(found + strlen(key), " : %llu", &count) == 1, "no counter %s in: %s", name, json);
    return count;
}

/* What `ringback ARGUMENTS` prints. Returns its status, as system(3) does. */
static int server__ask(const char *ringback, const char *arguments, char output[OUTPUT_MAX]) {
    char command[512];
    snprintf(command, sizeof command, "%s %s 2>/dev/null", ringback, arguments);
    FILE *pipe = popen(command, "r");
    CHECK(pipe);
    output[fread(output, 1, OUTPUT_MAX - 1, pipe)] = '\0';
    return pclose(pipe);
}

/* Whether this kernel has what receives through the ring; one from before 6.0 sends only. */
static bool server__kernel_receives(const char *ringback) {
    static const char key[] = "\"recv_multishot\"", have[] = "\"have\"";
    static char output[OUTPUT_MAX];
    char word[8] = "";
    server__ask(ringback, "doctor --json", output);
    const char *found = strstr(output, key);
    found = found ? strstr(found, have) : NULL;
    CHECK_SAY(found && sscanf(found + strlen(have), " : %7[a-z]", word) == 1, "the doctor says nothing of %s", key);
    return strcmp(word, "true") == 0;
}

void server_expect_carrier(pid_t pid, const char *stat, const char *expect) {
    bool epoll = expect && strcmp(expect, "epoll") == 0, streams = expect && strcmp(expect, "streams") == 0;
    bool ring = streams || (expect && strcmp(expect, "ring") == 0);
    if (!stat || (!epoll && !ring))
        return;
    char arguments[64];
    static char output[OUTPUT_MAX];
    snprintf(arguments, sizeof arguments, "stat --json %d", (int)pid);
    int status = server__ask(stat, arguments, output);
    if (epoll) {
        /* A process without a single ring may have nothing to show at all. */
        CHECK_SAY(status != 0 || server__counter(output, "enters") == 0, "the ring was entered: %s", output);
        return;
    }
    CHECK_SAY(status == 0, "ringback stat does not know the server");
    CHECK_SAY(server__counter(output, "enters") > 0, "the server never entered the ring: %s", output);
    if (!streams)
        return;
    CHECK_SAY(server__counter(output, "bytes_out") > 0, "no bytes left through the ring: %s", output);
    CHECK_SAY(!server__kernel_receives(stat) ||
                  (server__counter(output, "streams_adopted") > 0 && server__counter(output, "bytes_in") > 0),
              "no bytes came through the ring: %s", output);
}

void server_stop(const struct server *server) {
    CHECK_FD(kill(server->pid, SIGTERM));
    check_child_passed(server->pid);
}
