/* capture - run a command and keep what it printed. */
#ifndef CT_CLI_CAPTURE_H
#define CT_CLI_CAPTURE_H

enum { CAPTURE_MAX = 32768 };

struct capture {
    int status; /* exit status, or 256 + the signal that killed it */
    char out[CAPTURE_MAX];
    char err[CAPTURE_MAX];
};

/* capture_run - run argv (NULL-terminated; argv[0] is searched in PATH) with `extra`, NULL-terminated "NAME=value"
 * strings, added to an environment without any RINGBACK_ variable and without LD_PRELOAD. extra may be NULL. Output
 * beyond CAPTURE_MAX - 1 bytes fails the test. */
void capture_run(struct capture *capture, const char *const *argv, const char *const *extra);

/* CAPTURE - capture_run() with the words as arguments. */
#define CAPTURE(capture, ...) capture_run((capture), (const char *const[]){__VA_ARGS__, NULL}, NULL)

/* CAPTURE_WITH - likewise, with one "NAME=value". */
#define CAPTURE_WITH(capture, variable, ...)                                                                           \
    capture_run((capture), (const char *const[]){__VA_ARGS__, NULL}, (const char *const[]){(variable), NULL})

/* CAPTURE_SAYS - the text is part of what the command printed; both are shown when it is not. */
#define CAPTURE_SAYS(text, part) CHECK_SAY(strstr((text), (part)) != NULL, "not in it: %s\n%s", (part), (text))

#endif
