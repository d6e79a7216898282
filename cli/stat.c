#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "nearest.h"
#include "stat_names.h"
#include "stat_print.h"
#include "stat_request.h"
#include "stat_watch.h"

static int stat__show(const struct stat_request *request) {
    static struct stat_sample sample;
    struct stat_source source;
    char why[STAT_PAGE_WHY_MAX];
    int netlink, rc = stat_source_open(&source, request->pid, why);

    if (rc == 0) {
        netlink = stat_sockets_open(request->pid);
        rc = stat_sample_take(&sample, &source, netlink, why);
        if (netlink >= 0)
            close(netlink);
        stat_source_close(&source);
    }
    if (rc != 0) {
        cli_error("stat: %s", why);
        return CLI_FAILED;
    }
    if (!request->json) {
        stat_print_text(request->pid, &sample, request->fds);
    } else if (stat_print_json(request->pid, &sample, request->fds, false) != 0) {
        cli_error("stat: out of memory");
        rc = CLI_FAILED;
    }
    stat_sample_free(&sample);
    return rc;
}

static void stat__print_process(FILE *out, const struct stat_process *process) {
    fprintf(out, "  %7d  %-20s %s\n", process->pid, process->name, process->command);
}

/* Nobody has this name: perhaps one of those that run with Ringback was meant. */
static void stat__say_unknown(const char *name) {
    struct stat_processes all = {0};
    const char *names[64] = {NULL}, *near;

    stat_names_find(NULL, &all);
    for (unsigned i = 0; i < all.count && i < sizeof(names) / sizeof(names[0]) - 1; i++)
        names[i] = all.list[i].name;
    near = rb_nearest(name, strlen(name), names);
    cli_error("stat: no process is called %s%s%s%s; `ringback stat` lists those that run with Ringback", name,
              near != NULL ? " (did you mean " : "", near != NULL ? near : "", near != NULL ? "?)" : "");
    stat_names_free(&all);
}

/* The one process of that name with a page; the only one of that name, if none has. Returns 0, or CLI_FAILED after
 * saying why there is no such one. */
static int stat__find(const char *name, int *pid) {
    struct stat_processes found = {0};
    unsigned with_page = 0;

    if (stat_names_find(name, &found) != 0)
        cli_error("stat: the processes cannot be listed");
    else if (found.count == 0)
        stat__say_unknown(name);
    for (unsigned i = 0; i < found.count; i++) {
        with_page += found.list[i].has_page;
        if (found.list[i].has_page || found.count == 1)
            *pid = found.list[i].pid;
    }
    if (found.count > 0 && with_page != 1 && found.count != 1) {
        cli_error("stat: %u processes are called %s, %s; take one by its number:", found.count, name,
                  with_page == 0 ? "none with a page of Ringback that may be looked at" : "several with Ringback");
        for (unsigned i = 0; i < found.count; i++)
            if (with_page == 0 || found.list[i].has_page)
                stat__print_process(stderr, &found.list[i]);
        *pid = 0;
    }
    stat_names_free(&found);
    return *pid == 0 ? CLI_FAILED : CLI_OK;
}

static int stat__list(bool json) {
    struct stat_processes found = {0};
    int status = CLI_OK;

    if (stat_names_find(NULL, &found) != 0) {
        cli_error("stat: the processes cannot be listed");
        status = CLI_FAILED;
    } else if (json) {
        status = stat_print_processes_json(&found) == 0 ? CLI_OK : CLI_FAILED;
    } else if (found.count == 0) {
        puts("No process that may be looked at runs with Ringback; `ringback run PROGRAM` starts one.");
    } else {
        printf("  %7s  %-20s %s\n", "PID", "PROGRAM", "COMMAND");
        for (unsigned i = 0; i < found.count; i++)
            stat__print_process(stdout, &found.list[i]);
    }
    stat_names_free(&found);
    return status;
}

static int stat__main(int argc, char **argv) {
    struct stat_request request;

    (void)argc;
    if (stat_request_parse(&request, argv) != 0)
        return CLI_USAGE;
    if (request.help)
        return cli_help(&cli_stat);
    if (request.pid == 0 && request.name == NULL)
        return stat__list(request.json);
    if (request.name != NULL && stat__find(request.name, &request.pid) != CLI_OK)
        return CLI_FAILED;
    return request.interval_ms > 0 ? stat_watch(&request) : stat__show(&request);
}

const struct cli_command cli_stat = {
    .name = "stat",
    .summary = "show what a running program's loops are doing",
    .usage = "[OPTION]... [PID | NAME]",
    .about =
        "Shows what Ringback has done for a process: the counters of all its loops together, what ran on the plain "
        "path and why, the loops one by one, and what carries its descriptors. The program is not stopped or "
        "slowed. Without a process, lists those that run with Ringback.\n\n"
        "NAME is that of the program's file or of the process; if several of them run with Ringback, they are "
        "listed. The counters are readable by the process's own user and root only, and gone with it.",
    .options = stat_options,
    .operand = CLI_WORD_PROCESS,
    .exits = "Exits with 1 if there is no such process, it may not be looked at, it has no Ringback page, or it ended "
             "while it was watched; 2 for a bad command line.",
    .run = stat__main,
};
