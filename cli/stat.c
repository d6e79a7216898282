#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "cli.h"
#include "stat_find.h"
#include "stat_print.h"

enum stat_option { STAT_JSON, STAT_HELP };

static const struct cli_option options[] = {
    [STAT_JSON] = {"--json", false},
    [STAT_HELP] = {"--help", false},
    {NULL, false},
};

/* Returns the number, or -1 for anything that is no process id. */
static int stat__parse_pid(const char *text) {
    char *end;
    long pid;

    errno = 0;
    pid = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || pid <= 0 || pid > INT_MAX)
        return -1;
    return (int)pid;
}

static int stat__show(int pid, bool json) {
    static struct stat_page page;
    char why[STAT_PAGE_WHY_MAX];

    if (stat_find_page(pid, &page, why) != 0) {
        cli_error("stat: %s", why);
        return CLI_FAILED;
    }
    if (!json) {
        stat_print_text(pid, &page);
    } else if (stat_print_json(pid, &page) != 0) {
        cli_error("stat: out of memory");
        return CLI_FAILED;
    }
    return CLI_OK;
}

static int stat__main(int argc, char **argv) {
    struct cli_args args = {.argv = argv, .next = 1};
    bool json = false;
    int option, pid;

    (void)argc;
    while ((option = cli_args_next(&args, options)) >= 0) {
        if (option == STAT_HELP) {
            fputs(cli_stat.help, stdout);
            return CLI_OK;
        }
        json = true;
    }
    if (option == ARGS_BAD)
        return CLI_USAGE;
    if (argv[args.next] == NULL) {
        cli_error("stat: no process is given; see `ringback help stat`");
        return CLI_USAGE;
    }
    pid = stat__parse_pid(argv[args.next]);
    if (pid < 0) {
        cli_error("stat: %s is no process id", argv[args.next]);
        return CLI_USAGE;
    }
    args.next++;
    if (cli_args_refuse_operands(&args))
        return CLI_USAGE;
    return stat__show(pid, json);
}

const struct cli_command cli_stat = {
    .name = "stat",
    .summary = "show a running program's counters",
    .help = "usage: ringback stat [--json] PID\n"
            "\n"
            "Shows what Ringback has done for process PID: the counters of all its loops together, what ran on\n"
            "the plain path and why, and the loops one by one. The program is not stopped or slowed.\n"
            "\n"
            "Exits with 1 if there is no such process, it may not be looked at, or it has no Ringback page;\n"
            "2 for a bad command line.\n",
    .run = stat__main,
};
