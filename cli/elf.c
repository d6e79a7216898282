#include "elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* Returns 1 if all of it could be read, 0 if the file is too short, or -errno. */
static int elf__read_at(int fd, void *out, size_t size, off_t at) {
    ssize_t n = pread(fd, out, size, at);

    if (n < 0)
        return -errno;
    return (size_t)n == size;
}

/* The machine and word size of this very program, which are those of the adapters. */
static bool elf__is_native(const ElfW(Ehdr) * header) {
    ElfW(Ehdr) own;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 ? 0 : elf__read_at(fd, &own, sizeof(own), 0);

    if (fd >= 0)
        close(fd);
    return rc != 1 || (own.e_machine == header->e_machine && own.e_ident[EI_CLASS] == header->e_ident[EI_CLASS]);
}

static int elf__read_loader(int fd, const ElfW(Ehdr) * header, struct elf_facts *facts) {
    for (unsigned i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        int rc = elf__read_at(fd, &segment, sizeof(segment), (off_t)(header->e_phoff + i * sizeof(segment)));

        if (rc != 1)
            return rc;
        if (segment.p_type != PT_INTERP || segment.p_filesz >= sizeof(facts->loader))
            continue;
        rc = elf__read_at(fd, facts->loader, segment.p_filesz, (off_t)segment.p_offset);
        if (rc != 1)
            return rc;
        facts->loader[segment.p_filesz] = '\0';
        facts->kind = ELF_DYNAMIC;
        return 1;
    }
    facts->kind = ELF_STATIC;
    return 1;
}

int elf_read(int fd, struct elf_facts *facts) {
    ElfW(Ehdr) header;
    int rc = elf__read_at(fd, &header, sizeof(header), 0);

    *facts = (struct elf_facts){.kind = ELF_NONE};
    if (rc != 1 || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return rc < 0 ? rc : 0;
    if (!elf__is_native(&header)) {
        facts->kind = ELF_FOREIGN;
        return 0;
    }
    rc = elf__read_loader(fd, &header, facts);
    if (rc == 0)
        facts->kind = ELF_NONE;
    return rc < 0 ? rc : 0;
}
