#include "run_request.h"

#include <stddef.h>

#include "cli.h"
#include "config.h"

enum run_option { RUN_PROFILE, RUN_STREAMS, RUN_ADAPTER, RUN_REQUIRE, RUN_OFF, RUN_PRINT, RUN_HELP };

const char *const run_adapter_names[] = {[RUN_UV] = "uv", [RUN_EVENT] = "event", [RUN_BOTH] = "both", NULL};

const struct cli_option run_options[] = {
    [RUN_PROFILE] = {.name = "--profile",
                     .value = "P",
                     .help = "a set of defaults for the settings; with safe the ring tells readiness only",
                     .choices = rb_profile_names},
    [RUN_STREAMS] = {.name = "--streams",
                     .value = "S",
                     .help = "which sockets move their bytes through the ring",
                     .choices = rb_streams_names},
    [RUN_ADAPTER] = {.name = "--adapter",
                     .value = "A",
                     .help = "which adapters are preloaded; without it, those that fit the libraries PROGRAM is linked "
                             "with, and both where neither is found (scripts, plug-ins)",
                     .choices = run_adapter_names},
    [RUN_REQUIRE] = {.name = "--require", .help = "refuse to start where io_uring cannot be used"},
    [RUN_OFF] = {.name = "--off", .help = "load Ringback as a pass-through"},
    [RUN_PRINT] = {.name = "--print",
                   .help = "print every setting, where it came from, and the command; start nothing"},
    [RUN_HELP] = {.name = "--help", .help = "print this"},
    {.name = NULL},
};

/* A setting's value as given. NULL if it is not allowed. */
static const char *request__setting(const struct cli_args *args, enum run_option option) {
    const struct cli_option *row = &run_options[option];

    return cli_args_choice(args, row->name, args->value, row->choices) < 0 ? NULL : args->value;
}

/* Take one option in. Returns whether its value is good. */
static bool request__take(struct run_request *request, const struct cli_args *args, enum run_option option) {
    int choice;

    switch (option) {
    case RUN_PROFILE:
        request->profile = request__setting(args, option);
        return request->profile != NULL;
    case RUN_STREAMS:
        request->streams = request__setting(args, option);
        return request->streams != NULL;
    case RUN_ADAPTER:
        choice = cli_args_choice(args, "--adapter", args->value, run_adapter_names);
        request->adapters = choice < 0 ? RUN_FITTING : (enum run_adapters)choice;
        return choice >= 0;
    case RUN_REQUIRE:
        request->require = true;
        break;
    case RUN_OFF:
        request->off = true;
        break;
    case RUN_PRINT:
        request->print = true;
        break;
    case RUN_HELP:
        request->help = true;
        break;
    }
    return true;
}

int run_request_parse(struct run_request *request, char **argv) {
    struct cli_args args = {.argv = argv, .next = 1};
    int option;

    *request = (struct run_request){.adapters = RUN_FITTING};
    while (!request->help && (option = cli_args_next(&args, run_options)) != ARGS_END)
        if (option == ARGS_BAD || !request__take(request, &args, (enum run_option)option))
            return ARGS_BAD;
    request->command = argv + args.next;
    if (request->help)
        return 0;
    if (request->require && request->off) {
        cli_error("run: --require and --off contradict each other");
        return ARGS_BAD;
    }
    if (request->command[0] == NULL && !request->print) {
        cli_error("run: no program is given; see `ringback help run`");
        return ARGS_BAD;
    }
    return 0;
}
