/* program - a program that `ringback run` or `compare` is asked to start, looked at before it is started. */
#ifndef RB_CLI_PROGRAM_H
#define RB_CLI_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "adapters.h"
#include "elf.h"

/* Whose rights it has when it is started. The kernel tells the loader to ignore LD_PRELOAD for all but the first. */
enum program_rights { PROGRAM_RIGHTS_OWN, PROGRAM_RIGHTS_SETUID, PROGRAM_RIGHTS_SETGID, PROGRAM_RIGHTS_CAPABILITIES };

/* What is known of a library in it; index enum adapter: libuv, libevent. */
struct program_library {
    bool linked;         /* a shared object among all that it is linked with, at any depth */
    char path[PATH_MAX]; /* linked: the file; "" if it was not found */
    bool inside;         /* once program_look_inside() has looked: it is a part of the program itself */
};

struct program {
    char path[PATH_MAX];        /* the file that execvp() would start */
    char interpreter[PATH_MAX]; /* of a script: the program that really runs; else "" */
    enum elf_kind kind;         /* of the interpreter if there is one */
    enum program_rights rights;
    bool foreign_libc; /* loaded by another libc's loader than this program */
    struct program_library library[ADAPTER_COUNT];
};

/* program_find - find a program as execvp() would, and look at it.
 * Returns 0; -ENOENT if there is no such file; -ENOEXEC if its interpreter is missing (its name is then in
 * program->interpreter); another -errno if it is there and cannot be executed. */
int program_find(const char *name, struct program *program);

/* program_not_started - print why a program cannot be started.
 *   error  an errno, of program_find or of execvp()
 * Returns what to exit with. */
int program_not_started(const char *name, const struct program *program, int error);

/* program_look_inside - whether libuv or libevent were linked into it statically, as far as can be seen. Reads all of
 * the file. */
void program_look_inside(struct program *program);

/* program_runs - the file that really runs: the program's, or a script's interpreter. */
const char *program_runs(const struct program *program);

/* program_fits - whether an adapter is for this program. A script or an interpreter may load either library later, and
 * each adapter alone serves any epoll loop: where no library is found, both are. */
bool program_fits(const struct program *program, enum adapter adapter);

/* program_obstacle - why preloading has no effect on it, a clause that follows its name; NULL if it has. Static. */
const char *program_obstacle(const struct program *program);

/* program_remedy - what can be done about the obstacle, a clause. Static. */
const char *program_remedy(const struct program *program);

#endif
