#include <stddef.h>

#include "cli.h"

const struct cli_command *const cli_commands[] = {&cli_run, &cli_compare, &cli_doctor, &cli_stat, NULL};
