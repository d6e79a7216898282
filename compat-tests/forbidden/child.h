/* child - run the probe program under some settings and see what it said and how it ended. */
#ifndef FORBIDDEN_CHILD_H
#define FORBIDDEN_CHILD_H

struct outcome {
    int status;         /* as from waitpid */
    char errors[16384]; /* standard error */
};

/* child_run - run argv (NULL-terminated) with "NAME=VALUE" settings (NULL-terminated). */
void child_run(struct outcome *outcome, char *const *settings, char *const *argv);

/* child_exit - the exit status; a signal fails the test. */
int child_exit(const struct outcome *outcome);

/* child_lines - how many lines of standard error begin with `start`. */
int child_lines(const struct outcome *outcome, const char *start);

#endif
