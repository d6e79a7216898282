#include "elf_symbols.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTIONS_MAX = 4096, TABLE_MAX = 256 << 20, STEP = 1 << 20, NAME_MAX_BYTES = 512 };

/* A section's bytes, to free(); NULL if it is empty, too large, not in the file, or there is no memory. */
static void *symbols__load(int fd, const ElfW(Shdr) * section, size_t *size) {
    char *bytes;
    ssize_t got;

    if (section->sh_size == 0 || section->sh_size > TABLE_MAX)
        return NULL;
    bytes = malloc(section->sh_size + 1);
    got = bytes == NULL ? -1 : pread(fd, bytes, section->sh_size, (off_t)section->sh_offset);
    if (got <= 0) {
        free(bytes);
        return NULL;
    }
    bytes[got] = '\0'; /* the last name may not be */
    *size = (size_t)got;
    return bytes;
}

static void symbols__tell(const char *table, size_t size, const char *names, size_t names_size, bool exported,
                          elf_symbol_fn *each, void *arg) {
    for (size_t at = 0; at + sizeof(ElfW(Sym)) <= size; at += sizeof(ElfW(Sym))) {
        ElfW(Sym) symbol;

        memcpy(&symbol, table + at, sizeof(symbol));
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0 || symbol.st_name >= names_size)
            continue;
        if ((symbol.st_info & 0xf) == STT_FUNC && strnlen(names + symbol.st_name, NAME_MAX_BYTES) < NAME_MAX_BYTES)
            each(arg, names + symbol.st_name, exported);
    }
}

static void symbols__section(int fd, const ElfW(Shdr) * section, const ElfW(Shdr) * names_section, elf_symbol_fn *each,
                             void *arg) {
    size_t size, names_size;
    char *table = symbols__load(fd, section, &size);
    char *names = table == NULL ? NULL : symbols__load(fd, names_section, &names_size);

    if (names != NULL)
        symbols__tell(table, size, names, names_size, section->sh_type == SHT_DYNSYM, each, arg);
    free(table);
    free(names);
}

int elf_each_symbol(int fd, elf_symbol_fn *each, void *arg) {
    ElfW(Ehdr) header;
    ElfW(Shdr) * sections;
    ssize_t got = pread(fd, &header, sizeof(header), 0);
    size_t count;

    if (got < 0)
        return -errno;
    if (got < (ssize_t)sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        header.e_shentsize != sizeof(*sections))
        return -ENOEXEC;
    count = header.e_shnum < SECTIONS_MAX ? header.e_shnum : SECTIONS_MAX;
    sections = calloc(count + 1, sizeof(*sections));
    if (sections == NULL)
        return -ENOMEM;
    got = pread(fd, sections, count * sizeof(*sections), (off_t)header.e_shoff);
    count = got < 0 ? 0 : (size_t)got / sizeof(*sections);
    for (size_t i = 0; i < count; i++)
        if ((sections[i].sh_type == SHT_DYNSYM || sections[i].sh_type == SHT_SYMTAB) && sections[i].sh_link < count)
            symbols__section(fd, &sections[i], &sections[sections[i].sh_link], each, arg);
    free(sections);
    return 0;
}

bool elf_contains(int fd, const char *text) {
    const size_t length = strlen(text) + 1;
    char *bytes = malloc(STEP + length);
    size_t kept = 0;
    bool found = false;
    off_t at = 0;
    ssize_t got;

    while (bytes != NULL && !found && (got = pread(fd, bytes + kept, STEP, at)) > 0) {
        const size_t have = kept + (size_t)got;

        found = memmem(bytes, have, text, length) != NULL;
        at += got;
        kept = have < length ? have : length - 1; /* it may stand across the step */
        memmove(bytes, bytes + have - kept, kept);
    }
    free(bytes);
    return found;
}
