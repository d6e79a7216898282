#include "compare_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "run_request.h"

enum { DEFAULT_RUNS = 3, DEFAULT_WAIT_S = 30, DEFAULT_LOAD_S = 600, PORT_NUMBER_MAX = 65535 };

enum compare_option {
    COMPARE_LOAD,
    COMPARE_RUNS,
    COMPARE_PORT,
    COMPARE_WARM_UP,
    COMPARE_SERVER_CPUS,
    COMPARE_LOAD_CPUS,
    COMPARE_ENV,
    COMPARE_PROFILE,
    COMPARE_STREAMS,
    COMPARE_ADAPTER,
    COMPARE_WAIT,
    COMPARE_LOAD_TIME,
    COMPARE_NO_SYSCALLS,
    COMPARE_OUTPUT,
    COMPARE_JSON,
    COMPARE_QUIET,
    COMPARE_HELP
};

const struct cli_option compare_options[] = {
    [COMPARE_LOAD] = {.name = "--load",
                      .value = "CMD",
                      .help = "the command that loads the server, run by the shell; it finds the server's port in "
                              "$RINGBACK_PORT"},
    [COMPARE_RUNS] = {.name = "--runs", .value = "N", .help = "pairs of runs, one on epoll and one on the ring (3)"},
    [COMPARE_PORT] = {.name = "--port",
                      .value = "P",
                      .help = "wait until the server listens there: a TCP or UDP port, or the path of a socket; "
                              "without it, where it listens is found out"},
    [COMPARE_WARM_UP] = {.name = "--warm-up", .value = "CMD", .help = "run this before each load; it is not measured"},
    [COMPARE_SERVER_CPUS] = {.name = "--server-cpus",
                             .value = "L",
                             .help = "keep the server on these CPUs, such as 2-3,6, or all (half of the cores)"},
    [COMPARE_LOAD_CPUS] = {.name = "--load-cpus", .value = "L", .help = "the same for the load (the other half)"},
    [COMPARE_ENV] = {.name = "--env", .value = "N=V", .help = "set a variable for the server; may be repeated"},
    [COMPARE_PROFILE] = {.name = "--profile",
                         .value = "P",
                         .help = "on the ring, as for `ringback run`",
                         .choices = rb_profile_names},
    [COMPARE_STREAMS] = {.name = "--streams",
                         .value = "S",
                         .help = "on the ring, as for `ringback run`",
                         .choices = rb_streams_names},
    [COMPARE_ADAPTER] = {.name = "--adapter",
                         .value = "A",
                         .help = "on the ring, as for `ringback run`",
                         .choices = run_adapter_names},
    [COMPARE_WAIT] = {.name = "--wait", .value = "S", .help = "seconds that the server may take to listen (30)"},
    [COMPARE_LOAD_TIME] = {.name = "--load-time", .value = "S", .help = "seconds that one load may take (600)"},
    [COMPARE_NO_SYSCALLS] = {.name = "--no-syscalls",
                             .help = "leave out the two extra runs in which system calls are counted"},
    [COMPARE_OUTPUT] = {.name = "--output",
                        .value = "DIR",
                        .help = "keep what servers and loads print, in this directory",
                        .word = CLI_WORD_FILE},
    [COMPARE_JSON] = {.name = "--json", .help = "print everything as JSON"},
    [COMPARE_QUIET] = {.name = "--quiet", .help = "no progress"},
    [COMPARE_HELP] = {.name = "--help", .help = "print this"},
    {.name = NULL},
};

/* A whole number from 1 to max. Returns whether it is one. */
static bool request__number(const struct cli_args *args, enum compare_option option, unsigned max, unsigned *number) {
    const char *text = args->value;
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < 1 || value > max) {
        cli_error("compare: %s takes a number from 1 to %u, not %s", compare_options[option].name, max, text);
        return false;
    }
    *number = (unsigned)value;
    return true;
}

static bool request__port(struct compare_request *request, const struct cli_args *args) {
    request->has_port = true;
    request->port = (struct port){.kind = PORT_TCP};
    if (args->value[0] != '/')
        return request__number(args, COMPARE_PORT, PORT_NUMBER_MAX, &request->port.number);
    request->port.kind = PORT_UNIX;
    if (strlen(args->value) < sizeof(request->port.path)) {
        strcpy(request->port.path, args->value);
        return true;
    }
    cli_error("compare: --port %s is too long for a socket's path", args->value);
    return false;
}

static bool request__variable(struct compare_request *request, const struct cli_args *args) {
    unsigned count = 0;

    while (request->variable[count] != NULL)
        count++;
    if (args->value[0] == '=' || strchr(args->value, '=') == NULL) {
        cli_error("compare: --env takes NAME=VALUE, not %s", args->value);
        return false;
    }
    if (count == COMPARE_VARIABLES_MAX) {
        cli_error("compare: --env was given more than %d times", COMPARE_VARIABLES_MAX);
        return false;
    }
    request->variable[count] = args->value;
    return true;
}

/* A value that has to be one of the option's choices. */
static bool request__choice(const struct cli_args *args, enum compare_option option, const char **value) {
    const struct cli_option *row = &compare_options[option];

    *value = args->value;
    return cli_args_choice(args, row->name, args->value, row->choices) >= 0;
}

/* Take one option in. Returns whether its value is good. */
static bool request__take(struct compare_request *request, const struct cli_args *args, enum compare_option option) {
    switch (option) {
    case COMPARE_LOAD:
        request->load = args->value;
        break;
    case COMPARE_RUNS:
        return request__number(args, option, COMPARE_RUNS_MAX, &request->runs);
    case COMPARE_PORT:
        return request__port(request, args);
    case COMPARE_WARM_UP:
        request->warm_up = args->value;
        break;
    case COMPARE_SERVER_CPUS:
        request->server_cpus = args->value;
        break;
    case COMPARE_LOAD_CPUS:
        request->load_cpus = args->value;
        break;
    case COMPARE_ENV:
        return request__variable(request, args);
    case COMPARE_PROFILE:
        return request__choice(args, option, &request->profile);
    case COMPARE_STREAMS:
        return request__choice(args, option, &request->streams);
    case COMPARE_ADAPTER:
        return request__choice(args, option, &request->adapter);
    case COMPARE_WAIT:
        return request__number(args, option, COMPARE_SECONDS_MAX, &request->wait_s);
    case COMPARE_LOAD_TIME:
        return request__number(args, option, COMPARE_SECONDS_MAX, &request->load_s);
    case COMPARE_NO_SYSCALLS:
        request->no_syscalls = true;
        break;
    case COMPARE_OUTPUT:
        request->output = args->value;
        break;
    case COMPARE_JSON:
        request->json = true;
        break;
    case COMPARE_QUIET:
        request->quiet = true;
        break;
    case COMPARE_HELP:
        request->help = true;
        break;
    }
    return true;
}

int compare_request_parse(struct compare_request *request, char **argv) {
    struct cli_args args = {.argv = argv, .next = 1};
    int option;

    *request = (struct compare_request){.runs = DEFAULT_RUNS, .wait_s = DEFAULT_WAIT_S, .load_s = DEFAULT_LOAD_S};
    while (!request->help && (option = cli_args_next(&args, compare_options)) != ARGS_END)
        if (option == ARGS_BAD || !request__take(request, &args, (enum compare_option)option))
            return ARGS_BAD;
    request->command = argv + args.next;
    if (request->help)
        return 0;
    if (request->command[0] == NULL) {
        cli_error("compare: no server is given; see `ringback help compare`");
        return ARGS_BAD;
    }
    if (request->load == NULL || request->load[0] == '\0') {
        cli_error("compare: no load is given: --load 'wrk -c64 -d5 http://127.0.0.1:8080/' %s ...",
                  request->command[0]);
        return ARGS_BAD;
    }
    return 0;
}
