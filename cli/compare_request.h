/* compare_request - what the command line of `ringback compare` asks for. Looks at nothing else and changes nothing. */
#ifndef RB_CLI_COMPARE_REQUEST_H
#define RB_CLI_COMPARE_REQUEST_H

#include <stdbool.h>

#include "args.h"
#include "ports.h"

enum { COMPARE_RUNS_MAX = 99, COMPARE_SECONDS_MAX = 86400, COMPARE_VARIABLES_MAX = 32 };

struct compare_request {
    const char *load;                    /* a command line for the shell */
    const char *warm_up;                 /* likewise, run before each load; NULL: none */
    const char *output;                  /* directory for what servers and loads print; NULL: nothing is kept */
    const char *server_cpus, *load_cpus; /* "all" or a list as taskset takes it; NULL: not asked for */
    const char *variable[COMPARE_VARIABLES_MAX + 1]; /* "NAME=value" for the server, NULL-terminated */
    const char *profile, *streams, *adapter;         /* for `ringback run`, checked; NULL: not asked for */
    unsigned runs, wait_s, load_s;                   /* each at least 1 */
    bool has_port, no_syscalls, json, quiet, help;   /* help: nothing after it has been looked at */
    struct port port;
    char **command; /* the server and its arguments, the rest of argv; empty only for help */
};

extern const struct cli_option compare_options[];

/* compare_request_parse - fill *request from argv (NULL-terminated, argv[0] the command's name).
 * Returns 0, or ARGS_BAD after printing what is wrong. */
int compare_request_parse(struct compare_request *request, char **argv);

#endif
