/* elf_symbols - what an ELF file defines by name, and whether it contains a text. */
#ifndef RB_CLI_ELF_SYMBOLS_H
#define RB_CLI_ELF_SYMBOLS_H

#include <stdbool.h>

/* elf_symbol_fn - told one function that the file defines.
 *   exported  others can be bound to it; else only its own table of symbols, for debuggers, has it */
typedef void elf_symbol_fn(void *arg, const char *name, bool exported);

/* elf_each_symbol - tell of every function in the file open on fd; moves no file offset. Nothing about the file is
 * trusted. Returns 0, -ENOEXEC if it is no ELF file of this machine, another -errno if it cannot be read; a table that
 * is cut short is told as far as it goes. */
int elf_each_symbol(int fd, elf_symbol_fn *each, void *arg);

/* elf_contains - whether a text, terminated, stands anywhere in the file. */
bool elf_contains(int fd, const char *text);

#endif
