#include "stat_request.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum stat_option { STAT_JSON, STAT_WATCH, STAT_FDS, STAT_HELP };

const struct cli_option stat_options[] = {
    [STAT_JSON] = {.name = "--json", .help = "print everything as JSON; with --watch one object a line"},
    [STAT_WATCH] = {.name = "--watch",
                    .value = "[S]",
                    .help =
                        "look again every S seconds (1; from 0.1 to 3600) until q, Ctrl-C or its end: a screen with "
                        "rates on a terminal, otherwise a line a loop each time"},
    [STAT_FDS] = {.name = "--fds", .help = "every descriptor, not only how many are carried in which way"},
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

/* Seconds, as milliseconds; 0 for anything that is no such number. */
static int request__parse_interval(const char *text) {
    char *end;
    double seconds;

    if ((text[0] < '0' || text[0] > '9') && text[0] != '.')
        return 0;
    seconds = strtod(text, &end);
    if (*end != '\0' || !(seconds >= STAT_INTERVAL_MS_MIN / 1000.0 && seconds <= STAT_INTERVAL_MS_MAX / 1000.0))
        return 0;
    return (int)(seconds * 1000);
}

/* `--watch 2 PID` and `PID --watch 2`, but not `--watch PID`: the next word is the interval if it can be one, and the
 * process is given elsewhere. */
static int request__take_interval(struct stat_request *request, struct cli_args *args) {
    const bool process_given = request->pid != 0 || request->name != NULL;
    const char *word = args->argv[args->next];

    request->interval_ms = STAT_INTERVAL_MS;
    if (args->value == NULL && word != NULL && (process_given || args->argv[args->next + 1] != NULL) &&
        request__parse_interval(word) > 0) {
        args->value = word;
        args->next++;
    }
    if (args->value != NULL)
        request->interval_ms = request__parse_interval(args->value);
    if (request->interval_ms > 0)
        return 0;
    cli_error("stat: --watch takes seconds, from %.1f to %d", STAT_INTERVAL_MS_MIN / 1000.0,
              STAT_INTERVAL_MS_MAX / 1000);
    return ARGS_BAD;
}

/* The process, by number or by name. Returns 0 or ARGS_BAD. */
static int request__take_process(struct stat_request *request, const char *word) {
    const bool is_number = word[0] >= '0' && word[0] <= '9' && word[strspn(word, "0123456789")] == '\0';

    if (request->pid != 0 || request->name != NULL) {
        cli_error("stat: one process at a time, not %s as well; see `ringback help stat`", word);
        return ARGS_BAD;
    }
    if (!is_number && word[0] != '\0') {
        request->name = word;
        return 0;
    }
    request->pid = request__parse_pid(word);
    if (request->pid > 0)
        return 0;
    cli_error("stat: %s is no process id", word[0] == '\0' ? "an empty word" : word);
    return ARGS_BAD;
}

/* Take one option in. Returns 0 or ARGS_BAD. */
static int request__take(struct stat_request *request, struct cli_args *args, int option) {
    switch (option) {
    case STAT_JSON:
        request->json = true;
        return 0;
    case STAT_FDS:
        request->fds = true;
        return 0;
    case STAT_WATCH:
        return request__take_interval(request, args);
    case STAT_HELP:
        request->help = true;
        return 0;
    default:
        return ARGS_BAD;
    }
}

int stat_request_parse(struct stat_request *request, char **argv) {
    struct cli_args args = {.argv = argv, .next = 1};
    int rc = 0;

    *request = (struct stat_request){0};
    while (rc == 0 && !request->help) {
        int option = cli_args_next(&args, stat_options);

        if (option != ARGS_END)
            rc = request__take(request, &args, option);
        else if (argv[args.next] != NULL)
            rc = request__take_process(request, argv[args.next++]);
        else
            break;
    }
    if (rc == 0 && !request->help && request->pid == 0 && request->name == NULL && request->interval_ms > 0) {
        cli_error("stat: --watch takes a process; `ringback stat` lists those that run with Ringback");
        rc = ARGS_BAD;
    }
    return rc;
}
