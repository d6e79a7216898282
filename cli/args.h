/* args - the options of one command: --name, --name VALUE, --name=VALUE; the first other word ends them, so does --.
 *
 * A table says everything about them: what the command takes, `ringback help`, the manual page and the completion of
 * shells are made from it.
 */
#ifndef RB_CLI_ARGS_H
#define RB_CLI_ARGS_H

#include <stdbool.h>

/* What a word is, for a shell to complete it. */
enum cli_word {
    CLI_WORD_ANY, /* nothing can be offered */
    CLI_WORD_FILE,
    CLI_WORD_PROGRAM,
    CLI_WORD_COMMAND, /* a program and its arguments, up to the end of the line */
    CLI_WORD_PROCESS  /* the id or the name of a running process */
};

struct cli_option {
    const char *name;           /* with its dashes; NULL ends a table */
    const char *value;          /* what the help calls its value, "N"; "[N]": it may be left out; NULL: it takes none */
    const char *help;           /* what it does: a phrase without a full stop, the value called as above */
    const char *const *choices; /* the values allowed, NULL-terminated; NULL if they cannot be listed */
    enum cli_word word;         /* what the value is, where choices is NULL */
};

/* Where a walk over the options stands. Start with {argv, 1}; after ARGS_END, argv[next] is the first operand. */
struct cli_args {
    char **argv; /* NULL-terminated, argv[0] the command's name */
    int next;
    const char *value; /* of the option just returned, NULL if it has none; "[N]" is given as --name=N only */
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
