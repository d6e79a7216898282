#include "fdtable.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { FD_FEWEST = 65536, FD_MOST = 1 << 20 };

_Atomic(struct rb_file *) *rb_fdtable;
_Atomic uint32_t *rb_fdtable_sole;
unsigned rb_fdtable_size;
static _Atomic(struct rb_file *) all_records;

int rb_fdtable_open(void) {
    struct rlimit limit;
    unsigned size = FD_FEWEST;
    char *table;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > size)
        size = limit.rlim_max > FD_MOST ? FD_MOST : (unsigned)limit.rlim_max;
    /* Address space only: a page is touched when a number in it is. */
    table = mmap(NULL, size * (sizeof *rb_fdtable + sizeof *rb_fdtable_sole), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return -errno;
    rb_fdtable = (void *)table;
    rb_fdtable_sole = (void *)(table + size * sizeof *rb_fdtable);
    rb_fdtable_size = size;
    return 0;
}

struct rb_file *rb_file_get(int fd) {
    struct rb_file *file = rb_file_find(fd), *other = NULL;

    if (file || (unsigned)fd >= rb_fdtable_size)
        return file;
    file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->fd = fd;
    if (!atomic_compare_exchange_strong_explicit(&rb_fdtable[fd], &other, file, memory_order_acq_rel,
                                                 memory_order_acquire)) {
        free(file);
        return other;
    }
    file->next_record = atomic_load_explicit(&all_records, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&all_records, &file->next_record, file, memory_order_release,
                                                  memory_order_relaxed))
        ;
    return file;
}
