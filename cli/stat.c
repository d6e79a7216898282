#include <stdio.h>

#include "cli.h"
#include "stat_find.h"
#include "stat_print.h"
#include "stat_request.h"

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
    struct stat_request request;

    (void)argc;
    if (stat_request_parse(&request, argv) != 0)
        return CLI_USAGE;
    if (!request.help)
        return stat__show(request.pid, request.json);
    return cli_help(&cli_stat);
}

const struct cli_command cli_stat = {
    .name = "stat",
    .summary = "show a running program's counters",
    .usage = "[--json] PID",
    .about = "Shows what Ringback has done for process PID: the counters of all its loops together, what ran on the "
             "plain path and why, and the loops one by one. The program is not stopped or slowed.",
    .options = stat_options,
    .operand = CLI_WORD_PROCESS,
    .exits = "Exits with 1 if there is no such process, it may not be looked at, or it has no Ringback page; 2 for a "
             "bad command line.",
    .run = stat__main,
};
