#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters.h"
#include "cli.h"
#include "config.h"
#include "program.h"
#include "run_request.h"

extern char **environ;

/* What the command line's own options make of a setting. NULL: nothing. */
static const char *run__asked(const struct run_request *request, enum rb_setting setting) {
    switch (setting) {
    case RB_SETTING_MODE:
        return request->off ? "off" : request->require ? "require" : NULL;
    case RB_SETTING_PROFILE:
        return request->profile;
    case RB_SETTING_STREAMS:
        return request->streams;
    default:
        return NULL;
    }
}

/* Hand the options on to the program: they are settings. Returns whether there was memory for it. */
static bool run__set_environment(const struct run_request *request) {
    bool good = true;

    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        const char *asked = run__asked(request, (enum rb_setting)i);

        if (asked != NULL)
            good = good && setenv(rb_config_info((enum rb_setting)i)->name, asked, 1) == 0;
    }
    return good;
}

static bool run__wants(const struct run_request *request, const struct program *program, enum adapter adapter) {
    switch (request->adapters) {
    case RUN_UV:
        return adapter == ADAPTER_UV;
    case RUN_EVENT:
        return adapter == ADAPTER_EVENT;
    case RUN_BOTH:
        return true;
    case RUN_FITTING:
        break;
    }
    return program_fits(program, adapter);
}

/* Put the adapters in front of LD_PRELOAD. */
static int run__preload(const struct run_request *request, const struct program *program) {
    char found[ADAPTER_COUNT][PATH_MAX];
    const char *paths[ADAPTER_COUNT + 1] = {NULL};
    unsigned count = 0;
    char *list;
    int rc;

    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        if (!run__wants(request, program, (enum adapter)i))
            continue;
        if (adapter_find((enum adapter)i, found[i]) != 0) {
            cli_error("run: %s is not there; looked in %s. Is Ringback installed completely?",
                      adapter_file((enum adapter)i), found[i]);
            return -ENOENT;
        }
        if (strpbrk(found[i], ": ") != NULL) {
            cli_error("run: %s cannot be preloaded: LD_PRELOAD cannot hold a path with a space or a colon", found[i]);
            return -EINVAL;
        }
        paths[count++] = found[i];
    }
    list = adapter_preload(paths, getenv("LD_PRELOAD"));
    rc = list != NULL && setenv("LD_PRELOAD", list, 1) == 0 ? 0 : -ENOMEM;
    free(list);
    if (rc != 0)
        cli_error("run: out of memory");
    return rc;
}

static const char *run__environment(const char *name) {
    return getenv(name);
}

/* Where a setting's value comes from, in a word or two. */
static void run__print_origin(const struct run_request *request, const struct rb_config *config,
                              enum rb_setting setting) {
    switch (config->origin[setting]) {
    case RB_ORIGIN_DEFAULT:
        puts("default");
        break;
    case RB_ORIGIN_PROFILE:
        printf("profile %s\n", rb_profile_names[config->value[RB_SETTING_PROFILE]]);
        break;
    case RB_ORIGIN_ENVIRONMENT: /* where the options have been put, too */
        puts(run__asked(request, setting) != NULL ? "command line" : "environment");
        break;
    }
}

static void run__print(const struct run_request *request) {
    struct rb_config config;
    char text[256];

    rb_config_load(&config, run__environment, environ, cli_warn_setting, NULL);
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        printf("%-22s %-12s ", rb_config_info((enum rb_setting)i)->name,
               rb_config_value_text(&config, (enum rb_setting)i, text, sizeof(text)));
        run__print_origin(request, &config, (enum rb_setting)i);
    }
    if (request->command[0] == NULL)
        return;
    printf("%-22s %s\n", "LD_PRELOAD", getenv("LD_PRELOAD") != NULL ? getenv("LD_PRELOAD") : "");
    printf("%-22s", "command");
    for (char **word = request->command; *word != NULL; word++)
        printf(" %s", *word);
    putchar('\n');
}

/* Prepare the environment for the program. Returns CLI_OK if it may be started. */
static int run__prepare(const struct run_request *request, struct program *program) {
    const char *name = request->command[0], *obstacle;
    int rc = program_find(name, program);

    if (rc != 0)
        return program_not_started(name, program, -rc);
    obstacle = program_obstacle(program);
    if (obstacle != NULL) {
        cli_error("%s %s: it runs %s Ringback", program_runs(program), obstacle,
                  request->require ? "only without" : "without");
        if (request->require)
            return CLI_CANNOT_RUN;
    }
    /* Objects of another word size or libc only make the loader complain; the others are harmless where they are
     * ignored, and reach the program's children. */
    if (program->kind == ELF_FOREIGN || program->foreign_libc)
        return CLI_OK;
    return run__preload(request, program) == 0 ? CLI_OK : CLI_CANNOT_RUN;
}

static int run__main(int argc, char **argv) {
    struct run_request request;
    static struct program program;
    int status = CLI_OK;

    (void)argc;
    if (run_request_parse(&request, argv) != 0)
        return CLI_USAGE;
    if (request.help)
        return cli_help(&cli_run);
    if (!run__set_environment(&request)) {
        cli_error("run: out of memory");
        return CLI_CANNOT_RUN;
    }
    if (request.command[0] != NULL)
        status = run__prepare(&request, &program);
    if (status != CLI_OK)
        return status;
    if (request.print) {
        run__print(&request);
        return CLI_OK;
    }
    execvp(request.command[0], request.command);
    return program_not_started(request.command[0], &program, errno);
}

const struct cli_command cli_run = {
    .name = "run",
    .summary = "start a program with its event loops on io_uring",
    .usage = "[OPTION]... [--] PROGRAM [ARGUMENT]...",
    .about = "Starts PROGRAM in this process with Ringback's adapters in front of LD_PRELOAD.",
    .options = run_options,
    .operand = CLI_WORD_COMMAND,
    .exits = "Exits as PROGRAM does; 2 for a bad command line, 125 if Ringback is incomplete or cannot do what "
             "--require asks, 126 if PROGRAM cannot be executed, 127 if it is not found.",
    .run = run__main,
};
