/* program - a program that `ringback run` or `compare` is asked to start, looked at before it is started. */
#ifndef RB_CLI_PROGRAM_H
#define RB_CLI_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "elf.h"

struct program {
    char path[PATH_MAX];        /* the file that execvp() would start */
    char interpreter[PATH_MAX]; /* of a script: the program that really runs; else "" */
    enum elf_kind kind;         /* of the interpreter if there is one */
    bool secure;                /* runs with another user's rights, so that its loader ignores LD_PRELOAD */
    bool foreign_libc;          /* loaded by another libc's loader than this program */
    bool uses_uv, uses_event;   /* a library among all that it is linked with, at any depth */
};

/* program_find - find a program as execvp() would, and look at it.
 * Returns 0; -ENOENT if there is no such file; -ENOEXEC if its interpreter is missing (its name is then in
 * program->interpreter); another -errno if it is there and cannot be executed. */
int program_find(const char *name, struct program *program);

/* program_not_started - print why a program cannot be started.
 *   error  an errno, of program_find or of execvp()
 * Returns what to exit with. */
int program_not_started(const char *name, const struct program *program, int error);

/* program_obstacle - why preloading has no effect on a program, a clause; NULL if it has. Static. */
const char *program_obstacle(const struct program *program);

#endif
