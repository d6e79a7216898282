/* cli - what the commands of the `ringback` program share. One file per command; main.c finds the command. */
#ifndef RB_CLI_H
#define RB_CLI_H

#include "args.h"
#include "config.h"

/* What a command exits with. 126 and 127 mean what they mean for env, nice and timeout. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,       /* the answer is no, or the thing asked about is not there */
    CLI_USAGE = 2,        /* the command line cannot be understood */
    CLI_CANNOT_RUN = 125, /* run: Ringback itself is not complete, or the program cannot run as required */
    CLI_NOT_EXECUTABLE = 126,
    CLI_NOT_FOUND = 127
};

/* A command's help, its part of the manual page and its completion are all made from this: see cli_help(). */
struct cli_command {
    const char *name;
    const char *summary;              /* one line for the list of commands */
    const char *usage;                /* what follows "ringback NAME" */
    const char *about;                /* what it does: paragraphs, with an empty line between them */
    const struct cli_option *options; /* ends with a NULL name */
    enum cli_word operand;            /* what the words after the options are */
    const char *exits;                /* what it exits with, a sentence or two */
    /* Runs the command; argv[0] is the command's own name. Returns an enum cli_exit. */
    int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_run, cli_compare, cli_doctor, cli_stat;

/* cli_commands - all of them, in the order in which they are listed; NULL-terminated. */
extern const struct cli_command *const cli_commands[];

/* cli_help - print the page of `ringback help NAME` to standard output: usage, about, the options, exits; lines are
 * broken where they have to be. Returns CLI_OK. */
int cli_help(const struct cli_command *command);

/* cli_help_setting - likewise for a setting: its values, its default, what it is for. */
int cli_help_setting(enum rb_setting setting);

/* cli_error - print "ringback: ..." and a newline to standard error. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* cli_warn_setting - an rb_config_warn_fn that prints the sentence to standard error. arg is not looked at. */
void cli_warn_setting(void *arg, const char *sentence);

#endif
