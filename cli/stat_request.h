/* stat_request - what the command line of `ringback stat` asks for. Looks at nothing else and changes nothing. */
#ifndef RB_CLI_STAT_REQUEST_H
#define RB_CLI_STAT_REQUEST_H

#include <stdbool.h>

#include "args.h"

enum { STAT_INTERVAL_MS_MIN = 100, STAT_INTERVAL_MS_MAX = 3600000, STAT_INTERVAL_MS = 1000 };

struct stat_request {
    bool json;
    bool fds;         /* every descriptor, not only how many of each kind there are */
    int interval_ms;  /* STAT_INTERVAL_MS_MIN to _MAX: look again so often; 0: once */
    bool help;        /* nothing after it has been looked at, and nothing else counts */
    int pid;          /* > 0; nobody has looked whether there is such a process. 0: it is given by name */
    const char *name; /* NULL: by pid; both missing: whatever runs with Ringback is asked for */
};

extern const struct cli_option stat_options[];

/* stat_request_parse - fill *request from argv (NULL-terminated, argv[0] the command's name). Options may stand before
 * and behind the process. Returns 0, or ARGS_BAD after printing what is wrong. */
int stat_request_parse(struct stat_request *request, char **argv);

#endif
