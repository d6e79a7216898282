/* cli - what the commands of the `ringback` program share. One file per command; main.c finds the command. */
#ifndef RB_CLI_H
#define RB_CLI_H

/* What a command exits with. 126 and 127 mean what they mean for env, nice and timeout. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,       /* the answer is no, or the thing asked about is not there */
    CLI_USAGE = 2,        /* the command line cannot be understood */
    CLI_CANNOT_RUN = 125, /* run: Ringback itself is not complete, or the program cannot run as required */
    CLI_NOT_EXECUTABLE = 126,
    CLI_NOT_FOUND = 127
};

struct cli_command {
    const char *name;
    const char *summary; /* one line for the list of commands */
    const char *help;    /* the whole page of `ringback help NAME` */
    /* Runs the command; argv[0] is the command's own name. Returns an enum cli_exit. */
    int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_run, cli_doctor, cli_stat;

/* cli_error - print "ringback: ..." and a newline to standard error. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* cli_warn_setting - an rb_config_warn_fn that prints the sentence to standard error. arg is not looked at. */
void cli_warn_setting(void *arg, const char *sentence);

#endif
