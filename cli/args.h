/* args - the options of one command: --name, --name VALUE, --name=VALUE; the first other word ends them, so does --. */
#ifndef RB_CLI_ARGS_H
#define RB_CLI_ARGS_H

#include <stdbool.h>

struct cli_option {
    const char *name; /* with its dashes; NULL ends a table */
    bool takes_value;
};

/* Where a walk over the options stands. Start with {argv, 1}; after ARGS_END, argv[next] is the first operand. */
struct cli_args {
    char **argv; /* NULL-terminated, argv[0] the command's name */
    int next;
    const char *value; /* of the option just returned, NULL if it takes none */
};

enum { ARGS_END = -1, ARGS_BAD = -2 };

/* cli_args_next - the next option.
 * Returns its index in the table, ARGS_END at the first operand, or ARGS_BAD after printing what is wrong, with the
 * nearest option's name. */
int cli_args_next(struct cli_args *args, const struct cli_option *table);

/* cli_args_choice - the index of value in a NULL-terminated list, or ARGS_BAD after printing what is allowed. */
int cli_args_choice(const struct cli_args *args, const char *option, const char *value, const char *const *choices);

/* cli_args_refuse_operands - whether a word is left over; prints it. */
bool cli_args_refuse_operands(const struct cli_args *args);

#endif
