/* trial - see trial.h. */
#include "trial.h"
#include "child.h"
#include "load_run.h"
#include "tcp.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_MS_MAX = 5000, READY_LOOK_MS = 5, ENDING_MS_MAX = 100, PORT_MAX = 65535 };

static int fail(struct trial *trial, int error, const char *program, const char *what) {
    (void)snprintf(trial->error, sizeof(trial->error), "%.700s: %.200s", program, what);
    return error;
}

static const char *adapter_file(enum contest_adapter adapter) {
    switch (adapter) {
    case CONTEST_ADAPTER_UV:
        return "libringback-uv.so";
    case CONTEST_ADAPTER_EVENT:
        return "libringback-event.so";
    case CONTEST_ADAPTER_NONE:
        break;
    }
    return NULL;
}

/* A port that is free now; nobody else is likely to take it before memcached does. */
static int free_port(void) {
    const int fd = tcp_listen(0);
    if (fd < 0) {
        return fd;
    }
    struct sockaddr_in address = {0};
    socklen_t length = sizeof(address);
    const int result = getsockname(fd, (struct sockaddr *)&address, &length) == 0 ? ntohs(address.sin_port) : -errno;
    (void)close(fd);
    return result;
}

/* Our own servers take a port, 0 for any, and say which; or a path.
 *   path  "": a port */
static int start_own(struct trial *trial, struct child *server, const char *program, const char *preload, int cpu,
                     const char *path, int *port) {
    const bool by_path = path[0] != '\0';
    const char *const argv[] = {program, by_path ? path : "0", NULL};
    int error = child_start(server, argv, preload, cpu);
    if (error != 0) {
        return fail(trial, error, program, strerror(-error));
    }
    char line[64];
    error = child_read(server, true, line, sizeof(line), READY_MS_MAX);
    if (error != 0) {
        return fail(trial, error, program,
                    error == -EPIPE ? "it ended before it was ready" : "it did not say that it is ready");
    }
    if (sscanf(line, "ready %d", port) != 1 || *port < (by_path ? 0 : 1) || *port > PORT_MAX) {
        return fail(trial, -EBADMSG, program, "it said something else than \"ready PORT\"");
    }
    return 0;
}

/* memcached says nothing: it is ready once it accepts a connection. It is told to run as whoever runs the comparison,
 * because a change of user would make it outlive a comparison that is killed, and could hide the adapter's file. */
static int start_memcached(struct trial *trial, struct child *server, const char *preload, int cpu, int *port) {
    const struct passwd *user = getpwuid(geteuid());
    char port_text[16];
    *port = free_port();
    if (*port < 0) {
        return fail(trial, *port, "memcached", "there is no free port");
    }
    (void)snprintf(port_text, sizeof(port_text), "%d", *port);
    const char *const argv[] = {"memcached",
                                "-l",
                                "127.0.0.1",
                                "-p",
                                port_text,
                                "-U",
                                "0",
                                "-t",
                                "1",
                                "-m",
                                "1024",
                                "-c",
                                "4096",
                                user ? "-u" : NULL,
                                user ? user->pw_name : NULL,
                                NULL};
    int error = child_start(server, argv, preload, cpu);
    if (error != 0) {
        return fail(trial, error, "memcached", strerror(-error));
    }
    const struct timespec pause = {.tv_nsec = READY_LOOK_MS * 1000000L};
    for (int waited_ms = 0; waited_ms < READY_MS_MAX; waited_ms += READY_LOOK_MS) {
        const int fd = tcp_connect(*port);
        if (fd >= 0) {
            (void)close(fd);
            return 0;
        }
        if (child_interrupted()) {
            return fail(trial, -EINTR, "memcached", "interrupted");
        }
        if (!child_running(server, 0)) {
            return fail(trial, -EPIPE, "memcached", "it ended before it was ready");
        }
        (void)nanosleep(&pause, NULL);
    }
    return fail(trial, -ETIMEDOUT, "memcached", "it did not open its port");
}

/* A path that no other comparison uses. */
static void choose_path(char path[TRIAL_PATH_MAX], enum contest_side side) {
    const char *directory = getenv("TMPDIR");
    const bool fits = directory != NULL && directory[0] == '/' && strlen(directory) < TRIAL_PATH_MAX / 2;
    (void)snprintf(path, TRIAL_PATH_MAX, "%s/ringback-bench-%d-%s", fits ? directory : "/tmp", (int)getpid(),
                   contest_side_name(side));
    (void)unlink(path);
}

static int start_server(struct trial *trial, struct child *server, struct load_run *run, enum contest_side side) {
    const struct options *options = run->options;
    const struct trial_place *place = run->place;
    const struct contest *contest = run->row->contest;
    int *port = &run->port[side];
    char preload[PATH_MAX + 32];
    const char *file = side == CONTEST_RING ? adapter_file(contest->adapter) : NULL;
    (void)snprintf(preload, sizeof(preload), "%s/%s", options->lib_dir, file == NULL ? "" : file);
    if (contest->start == CONTEST_START_MEMCACHED) {
        return start_memcached(trial, server, file == NULL ? NULL : preload, place->server_cpu, port);
    }
    const enum plan_transport transport = contest_plan(contest)->transport;
    if (transport == PLAN_UNIX_TRANSPORT || transport == PLAN_FIFO_TRANSPORT) {
        choose_path(run->path[side], side);
    }
    char program[PATH_MAX + 32];
    (void)snprintf(program, sizeof(program), "%s/%s", options->bin_dir, contest_program(contest, side));
    return start_own(trial, server, program, file == NULL ? NULL : preload, place->server_cpu, run->path[side], port);
}

/* Add a sentence to the error. */
static void add_to_error(struct trial *trial, const char *what, const char *said) {
    const size_t used = strlen(trial->error);
    (void)snprintf(trial->error + used, sizeof(trial->error) - used, "%s%s%s%s", used == 0 ? "" : "; ", what,
                   said[0] == '\0' ? "" : ": ", said);
}

/* End the server. That it ends when asked, and with status 0, is part of what is tried. */
static int stop_server(struct trial *trial, struct child *server, int error) {
    if (server->pid <= 0) {
        return error; /* it was never started */
    }
    /* A server that breaks down closes its sockets a moment before it can be seen to have ended. */
    const bool running = child_running(server, error == 0 ? 0 : ENDING_MS_MAX);
    char said[CHILD_SAID_MAX] = "";
    char what[80] = "the server said";
    const int status = child_stop(server, said);
    const bool ended_well = running && status == 0;
    if (!ended_well) {
        (void)snprintf(what, sizeof(what), "the server %s with %s %d",
                       running ? "did not end well when asked to," : "had ended by itself,",
                       WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    if (!ended_well || (error != 0 && said[0] != '\0')) {
        add_to_error(trial, what, said);
    }
    return error != 0 || ended_well ? error : -EPROTO;
}

int trial_run(struct trial trials[CONTEST_SIDES_MAX], const struct options *options, const struct trial_place *place,
              const struct contest_row *row, bool count_syscalls) {
    struct child server[CONTEST_SIDES_MAX] = {{0}}; /* not running */
    struct load_run run = {.options = options, .place = place, .row = row, .count_syscalls = count_syscalls};
    int error = 0;
    const int sides = contest_sides(row->contest);
    memset(trials, 0, sizeof(trials[0]) * CONTEST_SIDES_MAX);
    for (int side = 0; side < sides && error == 0; side++) {
        error = start_server(&trials[side], &server[side], &run, (enum contest_side)side);
        run.server[side] = server[side].pid;
    }
    if (error == 0) {
        error = load_run(&run, trials);
    }
    if (error == 0 && row->contest->adapter != CONTEST_ADAPTER_NONE) {
        proof_take(&trials[CONTEST_RING].proof, options->bin_dir, server[CONTEST_RING].pid);
    }
    for (int side = 0; side < sides; side++) {
        if (place->server_cpu == CHILD_CPU_ANY) {
            trials[side].waited_share = 0; /* server and load wait for each other: that is no disturbance */
        }
        error = stop_server(&trials[side], &server[side], error);
        if (run.path[side][0] != '\0') {
            (void)unlink(run.path[side]);
        }
    }
    return child_interrupted() ? -EINTR : error;
}
