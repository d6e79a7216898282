#include "stat_page.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ringback.h"

/* What /proc/PID/fd/N points to; " (deleted)" may follow. */
static const char link_name[] = "/memfd:" RB_STATS_FILE_NAME;

__attribute__((format(printf, 3, 4))) static int page__fail(char *why, int error, const char *format, ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(why, STAT_PAGE_WHY_MAX, format, args);
    va_end(args);
    return error;
}

/* Find a line of /proc/PID/FILE that holds a text. Returns whether there is one; it is then in line. */
static bool page__find_line(int pid, const char *file, const char *text, char *line, int size) {
    char path[64];
    bool found = false;
    FILE *lines;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
    lines = fopen(path, "re");
    while (lines != NULL && !found && fgets(line, size, lines) != NULL)
        found = strstr(line, text) != NULL;
    if (lines != NULL)
        fclose(lines);
    return found;
}

/* The number by which a process knows itself, which is another one inside a container. */
static int page__inner_pid(int pid) {
    char line[256];
    const char *last;

    if (!page__find_line(pid, "status", "NSpid:", line, sizeof(line)))
        return pid;
    last = strrchr(line, '\t');
    return last == NULL ? pid : atoi(last);
}

static bool page__is_zombie(int pid) {
    char line[256];

    return page__find_line(pid, "status", "State:\tZ", line, sizeof(line));
}

/* The process has no page: say what is missing. */
static int page__none(int pid, char *why) {
    char line[PATH_MAX + 128];

    if (page__find_line(pid, "maps", "/libringback", line, sizeof(line)))
        return page__fail(why, -ENOENT,
                          "process %d has Ringback loaded and no page yet: it has made no event loop, or "
                          "RINGBACK=off is set",
                          pid);
    return page__fail(why, -ENOENT,
                      "process %d has no Ringback page: it runs without Ringback; start it by "
                      "`ringback run PROGRAM`",
                      pid);
}

static bool page__is_page_link(const char *link) {
    const size_t length = sizeof(link_name) - 1;

    return strncmp(link, link_name, length) == 0 && (link[length] == '\0' || link[length] == ' ');
}

static int page__check_header(int pid, const struct rb_stats_page *shared, size_t size, char *why) {
    const size_t fixed = offsetof(struct rb_stats_page, loop);

    if (shared->magic != RB_STATS_MAGIC)
        return page__fail(why, -EPROTO, "the page of process %d does not begin as Ringback's do", pid);
    atomic_thread_fence(memory_order_acquire);
    if (shared->size > size || shared->size < fixed + sizeof(struct rb_stats_slot))
        return page__fail(why, -EPROTO, "the page of process %d is truncated: %zu bytes of %u", pid, size,
                          shared->size);
    if ((shared->size - fixed) % sizeof(struct rb_stats_slot) != 0 || shared->counter_count > RB_STATS_ROOM ||
        shared->fallback_count > RB_STATS_ROOM)
        return page__fail(why, -EPROTO,
                          "the page of process %d was made by Ringback %.15s, which this ringback (" RINGBACK_VERSION
                          ") cannot read; use its own",
                          pid, shared->version);
    return 0;
}

/* Another program's bytes must not reach a terminal as control codes. */
static void page__clean(char *text, size_t size) {
    text[size - 1] = '\0';
    for (; *text != '\0'; text++)
        if (!isprint((unsigned char)*text))
            *text = '?';
}

static unsigned page__smaller(uint32_t a, unsigned b) {
    return a < b ? a : b;
}

static void page__copy_slot(struct rb_stats_slot *to, const struct rb_stats_slot *from) {
    atomic_store_explicit(&to->state, atomic_load_explicit(&from->state, memory_order_acquire), memory_order_relaxed);
    atomic_store_explicit(&to->epfd, atomic_load_explicit(&from->epfd, memory_order_relaxed), memory_order_relaxed);
    atomic_store_explicit(&to->tid, atomic_load_explicit(&from->tid, memory_order_relaxed), memory_order_relaxed);
    for (unsigned i = 0; i < RB_STATS_ROOM; i++)
        atomic_store_explicit(&to->counter[i], atomic_load_explicit(&from->counter[i], memory_order_relaxed),
                              memory_order_relaxed);
}

/* Copy counter by counter: memcpy may move bytes, and a counter must be seen whole. */
static void page__copy(struct stat_page *page, const struct rb_stats_page *shared) {
    struct rb_stats_page *copy = &page->copy;
    const size_t slots = (shared->size - offsetof(struct rb_stats_page, loop)) / sizeof(struct rb_stats_slot);

    memset(page, 0, sizeof(*page));
    memcpy(copy, shared, offsetof(struct rb_stats_page, fallback));
    page__clean(copy->version, sizeof(copy->version));
    page__clean(copy->adapters, sizeof(copy->adapters));
    page__clean(copy->settings, sizeof(copy->settings));
    page__clean(copy->why, sizeof(copy->why));
    page->loops = page__smaller((uint32_t)slots, RB_STATS_LOOPS);
    page->counters = page__smaller(copy->counter_count, RB_COUNTER_COUNT);
    page->fallbacks = page__smaller(copy->fallback_count, RB_FALLBACK_COUNT);
    page->unnamed = copy->counter_count - page->counters + copy->fallback_count - page->fallbacks;
    for (unsigned i = 0; i < RB_STATS_ROOM; i++)
        atomic_store_explicit(&copy->fallback[i], atomic_load_explicit(&shared->fallback[i], memory_order_relaxed),
                              memory_order_relaxed);
    for (unsigned i = 0; i < page->loops; i++)
        page__copy_slot(&copy->loop[i], &shared->loop[i]);
}

/* Map, check and copy the file on fd. */
static int page__read_file(int pid, int fd, struct stat_page *page, char *why) {
    struct stat st;
    void *map;
    int rc;

    if (fstat(fd, &st) != 0)
        return page__fail(why, -errno, "the page of process %d cannot be read: %s", pid, strerror(errno));
    if ((size_t)st.st_size < offsetof(struct rb_stats_page, loop))
        return page__fail(why, -EPROTO, "the page of process %d is truncated: %lld bytes", pid, (long long)st.st_size);
    /* Unsealed, it could be cut short under the mapping, and reading it would raise SIGBUS. */
    if ((fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK) == 0)
        return page__fail(why, -EPROTO, "the page of process %d is not sealed, so it is not Ringback's", pid);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return page__fail(why, -errno, "the page of process %d cannot be mapped: %s", pid, strerror(errno));
    rc = page__check_header(pid, map, (size_t)st.st_size, why);
    if (rc == 0)
        page__copy(page, map);
    munmap(map, (size_t)st.st_size);
    return rc;
}

/* Read descriptor `name` of the process if it is a page. Returns 1 if it is not one, or is another process's. */
static int page__try(int pid, int directory, const char *name, struct stat_page *page, char *why) {
    char link[PATH_MAX];
    ssize_t length = readlinkat(directory, name, link, sizeof(link) - 1);
    int fd, rc;

    if (length <= 0)
        return 1;
    link[length] = '\0';
    if (!page__is_page_link(link))
        return 1;
    fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? 1
                   : page__fail(why, -EACCES, "the page of process %d cannot be opened: %s", pid, strerror(errno));
    rc = page__read_file(pid, fd, page, why);
    close(fd);
    /* A child that was made without fork()'s handlers holds its parent's page. */
    return rc == 0 && page->copy.pid != pid && page->copy.pid != page__inner_pid(pid) ? 1 : rc;
}

int stat_page_read(int pid, struct stat_page *page, char *why) {
    char path[64];
    struct dirent *entry;
    DIR *directory;
    int rc = 1;

    snprintf(path, sizeof(path), "/proc/%d", pid);
    if (access(path, F_OK) != 0)
        return page__fail(why, -ESRCH, "there is no process %d", pid);
    if (page__is_zombie(pid))
        return page__fail(why, -ESRCH, "process %d has ended; its counters went with it", pid);
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    directory = opendir(path);
    if (directory == NULL)
        return errno == ENOENT
                   ? page__fail(why, -ESRCH, "there is no process %d", pid)
                   : page__fail(why, -EACCES, "process %d may not be looked at (%s); run this as its user, or as root",
                                pid, strerror(errno));
    while (rc == 1 && (entry = readdir(directory)) != NULL)
        rc = page__try(pid, dirfd(directory), entry->d_name, page, why);
    closedir(directory);
    return rc == 1 ? page__none(pid, why) : rc;
}

uint64_t stat_page_total(const struct stat_page *page, enum rb_counter counter) {
    uint64_t total = 0;

    for (unsigned i = 0; i < page->loops; i++)
        total += atomic_load_explicit(&page->copy.loop[i].counter[counter], memory_order_relaxed);
    return total;
}
