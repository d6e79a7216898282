/* A program that `ringback run` is to start, or `ringback doctor` to judge: any file. Input: the file. */
#include "elf.h"
#include "elf_symbols.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

static void check_symbol(void *arg, const char *name, bool exported) {
    (void)arg;
    (void)exported;
    FUZZ_CHECK(strlen(name) < 512);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int fd = -1;
    struct elf_facts facts;
    int rc;

    if (fd < 0)
        fd = memfd_create("program", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    rc = elf_read(fd, &facts);
    FUZZ_CHECK(rc <= 0 && facts.kind <= ELF_DYNAMIC);
    FUZZ_CHECK(memchr(facts.loader, '\0', sizeof(facts.loader)) != NULL);
    rc = elf_each_symbol(fd, check_symbol, NULL);
    FUZZ_CHECK(rc == 0 || rc == -ENOEXEC);
    FUZZ_CHECK(!elf_contains(fd, "RINGBACK") || memmem(data, size, "RINGBACK", 9) != NULL);
    FUZZ_CHECK(elf_contains(fd, "RINGBACK") || memmem(data, size, "RINGBACK", 9) == NULL);
    fuzz_understood = rc == 0 && facts.kind == ELF_DYNAMIC && facts.loader[0] == '/';
    return 0;
}
