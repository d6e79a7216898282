#include "run_request.h"

#include <stddef.h>

#include "args.h"
#include "cli.h"
#include "config.h"

enum run_option { RUN_PROFILE, RUN_STREAMS, RUN_ADAPTER, RUN_REQUIRE, RUN_OFF, RUN_PRINT, RUN_HELP };

static const struct cli_option options[] = {
    [RUN_PROFILE] = {"--profile", true}, [RUN_STREAMS] = {"--streams", true},
    [RUN_ADAPTER] = {"--adapter", true}, [RUN_REQUIRE] = {"--require", false},
    [RUN_OFF] = {"--off", false},        [RUN_PRINT] = {"--print", false},
    [RUN_HELP] = {"--help", false},      {NULL, false},
};

static const char *const adapter_choices[] = {[RUN_UV] = "uv", [RUN_EVENT] = "event", [RUN_BOTH] = "both", NULL};

/* A setting's value as given. NULL if it is not allowed. */
static const char *request__setting(const struct cli_args *args, const char *option, enum rb_setting setting) {
    return cli_args_choice(args, option, args->value, rb_config_info(setting)->choices) < 0 ? NULL : args->value;
}

/* Take one option in. Returns whether its value is good. */
static bool request__take(struct run_request *request, const struct cli_args *args, enum run_option option) {
    int choice;

    switch (option) {
    case RUN_PROFILE:
        request->profile = request__setting(args, "--profile", RB_SETTING_PROFILE);
        return request->profile != NULL;
    case RUN_STREAMS:
        request->streams = request__setting(args, "--streams", RB_SETTING_STREAMS);
        return request->streams != NULL;
    case RUN_ADAPTER:
        choice = cli_args_choice(args, "--adapter", args->value, adapter_choices);
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
    while (!request->help && (option = cli_args_next(&args, options)) != ARGS_END)
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
