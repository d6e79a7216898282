#include "stat_request.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "cli.h"

enum stat_option { STAT_JSON, STAT_HELP };

const struct cli_option stat_options[] = {
    [STAT_JSON] = {.name = "--json", .help = "print everything as JSON"},
    [STAT_HELP] = {.name = "--help", .help = "print this"},
    {.name = NULL},
};

/* Returns the number, or -1 for anything that is no process id. */
static int request__parse_pid(const char *text) {
    char *end;
    long pid;

    errno = 0;
    pid = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || pid <= 0 || pid > INT_MAX)
        return -1;
    return (int)pid;
}

int stat_request_parse(struct stat_request *request, char **argv) {
    struct cli_args args = {.argv = argv, .next = 1};
    int option;

    *request = (struct stat_request){0};
    while ((option = cli_args_next(&args, stat_options)) != ARGS_END) {
        if (option == ARGS_BAD)
            return ARGS_BAD;
        request->help = option == STAT_HELP;
        if (request->help)
            return 0;
        request->json = true;
    }
    if (argv[args.next] == NULL) {
        cli_error("stat: no process is given; see `ringback help stat`");
        return ARGS_BAD;
    }
    request->pid = request__parse_pid(argv[args.next]);
    if (request->pid < 0) {
        cli_error("stat: %s is no process id", argv[args.next]);
        return ARGS_BAD;
    }
    args.next++;
    return cli_args_refuse_operands(&args) ? ARGS_BAD : 0;
}
