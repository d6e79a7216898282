#include <stdarg.h>
#include <stdio.h>

#include "cli.h"

void cli_error(const char *format, ...) {
    va_list args;

    fputs("ringback: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void cli_warn_setting(void *arg, const char *sentence) {
    (void)arg;
    cli_error("%s", sentence);
}
