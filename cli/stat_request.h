/* stat_request - what the command line of `ringback stat` asks for. Looks at nothing else and changes nothing. */
#ifndef RB_CLI_STAT_REQUEST_H
#define RB_CLI_STAT_REQUEST_H

#include <stdbool.h>

#include "args.h"

struct stat_request {
    bool json;
    bool help; /* nothing after it has been looked at, and nothing else counts */
    int pid;   /* > 0; nobody has looked whether there is such a process */
};

extern const struct cli_option stat_options[];

/* stat_request_parse - fill *request from argv (NULL-terminated, argv[0] the command's name).
 * Returns 0, or ARGS_BAD after printing what is wrong. */
int stat_request_parse(struct stat_request *request, char **argv);

#endif
