/* The core's calls for memory and descriptors, by the linker's --wrap and by rawcall.h. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

/* The genuine one: only the core's sources get the other. */
#include "../../common/fdtable.h"
#include "../../common/rawcall.h"
#include "../../common/send.h"
#include "inject.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
int __real_eventfd(unsigned count, int flags);
int __real_rb_highfd_move(int fd);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t size);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_rb_highfd_move(int fd);
long faults_rawcall(long number, long a, long b, long c, long d, long e, long f);

/* ---- memory ---- */

static bool no_memory(void) {
    if (inject_point(POINT_ALLOC).effect == EFFECT_NONE)
        return false;
    errno = ENOMEM;
    return true;
}

/* What grows is a list of a loop: it comes when the loop first has something to list, which may be because of a fault,
 * and stays with the loop. So lists are no measure of what a fault leaves behind. */
enum { LISTS_MAX = 256 };
static _Atomic(void *) lists[LISTS_MAX];

static bool is_listed(void *was, void *now) {
    for (unsigned i = 0; i < LISTS_MAX; i++) {
        void *expected = was;
        if (atomic_compare_exchange_strong(&lists[i], &expected, now))
            return true;
    }
    return false;
}

void *__wrap_malloc(size_t size) {
    void *block = no_memory() ? NULL : __real_malloc(size);
    /* As many as were needed at once stay, to be used again. */
    inject_blocks(block != NULL && size != sizeof(struct rb_send));
    return block;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *block = no_memory() ? NULL : __real_calloc(count, size);
    /* A record is made for each number that is ever used, and stays. */
    inject_blocks(block != NULL && count * size != sizeof(struct rb_file));
    return block;
}

void *__wrap_realloc(void *block, size_t size) {
    void *larger = no_memory() ? NULL : __real_realloc(block, size);
    if (larger && !is_listed(block, larger))
        inject_blocks(block == NULL);
    return larger;
}

void __wrap_free(void *block) {
    if (block && !is_listed(block, NULL))
        inject_blocks(-1);
    __real_free(block);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    void *map = no_memory() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
    inject_maps(map != MAP_FAILED && !(flags & MAP_FIXED));
    return map;
}

int __wrap_munmap(void *at, size_t size) {
    inject_maps(-1);
    return __real_munmap(at, size);
}

/* ---- descriptors, and questions to the kernel ---- */

int __wrap_eventfd(unsigned count, int flags) {
    if (inject_point(POINT_CALL).effect == EFFECT_NONE)
        return __real_eventfd(count, flags);
    errno = EMFILE;
    return -1;
}

/* Where no number is free there, it stays as it is. */
int __wrap_rb_highfd_move(int fd) {
    return inject_point(POINT_CALL).effect == EFFECT_NONE ? __real_rb_highfd_move(fd) : fd;
}

/* With what a call fails in life; 0: not at all, or nobody asks. */
static int natural_error(long number) {
    switch (number) {
    case SYS_memfd_create:
    case SYS_socketpair:
    case SYS_openat:
    case SYS_fcntl:
        return EMFILE;
    case SYS_ftruncate:
        return ENOSPC;
    case SYS_ppoll:
        return ENOMEM;
    case SYS_epoll_pwait:
        return EINTR;
    default:
        return 0;
    }
}

long faults_rawcall(long number, long a, long b, long c, long d, long e, long f) {
    int error = natural_error(number);
    if (error != 0 && inject_point(POINT_CALL).effect != EFFECT_NONE)
        return -error;
    return rb_rawcall(number, a, b, c, d, e, f);
}
