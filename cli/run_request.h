/* run_request - what the command line of `ringback run` asks for. Looks at nothing else and changes nothing. */
#ifndef RB_CLI_RUN_REQUEST_H
#define RB_CLI_RUN_REQUEST_H

#include <stdbool.h>

#include "args.h"

/* --adapter's choices, in this order; without the option, those that fit. */
enum run_adapters { RUN_UV, RUN_EVENT, RUN_BOTH, RUN_FITTING };

struct run_request {
    enum run_adapters adapters;
    bool require, off;             /* never both */
    bool print, help;              /* help: nothing after it has been looked at, and nothing else counts */
    const char *profile, *streams; /* allowed values of their settings; NULL: not asked for */
    char **command; /* the program and its arguments, the rest of argv; empty only to print or for help */
};

extern const struct cli_option run_options[];

/* run_adapter_names - --adapter's choices, NULL-terminated. */
extern const char *const run_adapter_names[];

/* run_request_parse - fill *request from argv (NULL-terminated, argv[0] the command's name).
 * Returns 0, or ARGS_BAD after printing what is wrong. */
int run_request_parse(struct run_request *request, char **argv);

#endif
