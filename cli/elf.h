/* elf - the little that a launcher must know of an executable file. */
#ifndef RB_CLI_ELF_H
#define RB_CLI_ELF_H

#include <limits.h>
#include <stdbool.h>

enum elf_kind {
    ELF_NONE,    /* no ELF file */
    ELF_FOREIGN, /* for another machine or word size than this program */
    ELF_STATIC,  /* no dynamic loader: LD_PRELOAD is never looked at */
    ELF_DYNAMIC
};

struct elf_facts {
    enum elf_kind kind;
    char loader[PATH_MAX]; /* ELF_DYNAMIC: the dynamic loader's path */
};

/* elf_read - look at the file open on fd, from its beginning; moves no file offset. Returns 0 or -errno; a file that is
 * cut short is ELF_NONE. */
int elf_read(int fd, struct elf_facts *facts);

#endif
