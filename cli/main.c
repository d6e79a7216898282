#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "nearest.h"
#include "ringback.h"

enum { COMMANDS_MAX = 16 };

static void main__usage(FILE *out) {
    fputs("usage: ringback COMMAND ...\n\nRuns existing libuv and libevent programs over io_uring.\n\n", out);
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        fprintf(out, "  %-10s %s\n", (*command)->name, (*command)->summary);
    fprintf(out, "  %-10s %s\n", "help", "explain a command or a setting: ringback help NAME");
    fprintf(out, "  %-10s %s\n", "--version", "print the version");
}

static const struct cli_command *main__find(const char *name) {
    const char *names[COMMANDS_MAX + 3] = {"help", "--version"};
    const char *near;

    for (unsigned i = 0; i < COMMANDS_MAX && cli_commands[i] != NULL; i++) {
        names[i + 2] = cli_commands[i]->name;
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    }
    near = rb_nearest(name, strlen(name), names);
    cli_error("unknown command %s%s%s%s; see `ringback help`", name, near != NULL ? " (did you mean " : "",
              near != NULL ? near : "", near != NULL ? "?)" : "");
    return NULL;
}

static int main__help(const char *name) {
    const struct cli_command *command;

    if (name == NULL) {
        main__usage(stdout);
        return CLI_OK;
    }
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
        if (strcmp(rb_config_info((enum rb_setting)i)->name, name) == 0)
            return cli_help_setting((enum rb_setting)i);
    command = main__find(name);
    if (command == NULL)
        return CLI_USAGE;
    return cli_help(command);
}

static int main__dispatch(int argc, char **argv) {
    const struct cli_command *command;

    if (argc < 2) {
        main__usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ringback %s\n", RINGBACK_VERSION);
        return CLI_OK;
    }
    if (strcmp(argv[1], "help") == 0)
        return main__help(argv[2]);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return main__help(NULL);
    command = main__find(argv[1]);
    return command == NULL ? CLI_USAGE : command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    int status = main__dispatch(argc, argv);

    /* An answer that did not reach its file is no answer. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error("standard output cannot be written");
        return status == CLI_OK ? CLI_FAILED : status;
    }
    return status;
}
