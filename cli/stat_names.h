/* stat_names - the processes that run with Ringback, by name. */
#ifndef RB_CLI_STAT_NAMES_H
#define RB_CLI_STAT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { STAT_COMMAND_MAX = 200 };

struct stat_process {
    int pid;
    bool has_page;
    char name[64];                  /* its program's, without the directory */
    char command[STAT_COMMAND_MAX]; /* its command line, cut off; printable */
};

/* A list that grows; start with {0}. */
struct stat_processes {
    struct stat_process *list;
    unsigned count, room;
};

/* stat_names_find - the processes of a name, in the order of their numbers; this one is not among them.
 *   name  that of the program's file, of the process (the kernel keeps 15 bytes of it) or of argv[0]; NULL: all that
 * have a page. Returns 0 or -errno. Whether a process has a page cannot be told of other users' processes: then it has
 * none. */
int stat_names_find(const char *name, struct stat_processes *processes);

/* stat_names_of - what the program of a process is called; "" if there is no such process. Printable. */
void stat_names_of(int pid, char *out, size_t size);

void stat_names_free(struct stat_processes *processes);

#endif
