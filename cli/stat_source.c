#include "stat_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What /proc/PID/fd/N points to; " (deleted)" may follow. */
static const char link_name[] = "/memfd:" RB_STATS_FILE_NAME;

enum { WORDS_STEP = 1024, FDS_MOST = 1 << 20 };

/* Find a line of /proc/PID/FILE that holds a text; a text with a colon is a key and begins its line, for the process
 * may have chosen a name that looks like one. Returns whether there is one; it is then in line. */
static bool source__line(int pid, const char *file, const char *text, char *line, int size) {
    char path[64];
    const bool is_key = text[strcspn(text, ":")] == ':';
    bool found = false;
    FILE *lines;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
    lines = fopen(path, "re");
    while (lines != NULL && !found && fgets(line, size, lines) != NULL)
        found = is_key ? strncmp(line, text, strlen(text)) == 0 : strstr(line, text) != NULL;
    if (lines != NULL)
        fclose(lines);
    return found;
}

/* The number by which a process knows itself, which is another one inside a container. */
static int source__inner_pid(int pid) {
    char line[256];
    const char *last;

    if (!source__line(pid, "status", "NSpid:", line, sizeof(line)))
        return pid;
    last = strrchr(line, '\t');
    return last == NULL ? pid : atoi(last);
}

static bool source__is_zombie(int pid) {
    char line[256];

    return source__line(pid, "status", "State:\tZ", line, sizeof(line));
}

/* The process has no page: say what is missing. */
static int source__none(int pid, char *why) {
    char line[PATH_MAX + 128];

    if (source__line(pid, "maps", "/libringback", line, sizeof(line)))
        return stat_page_fail(why, -ENOENT,
                              "process %d has Ringback loaded and no page yet: it has made no event loop, or "
                              "RINGBACK=off is set",
                              pid);
    return stat_page_fail(why, -ENOENT,
                          "process %d has no Ringback page: it runs without Ringback; start it by "
                          "`ringback run PROGRAM`",
                          pid);
}

/* As much of the file as a page of this version can be long. */
static size_t source__map_size(const struct stat_source *source) {
    const size_t most = rb_stats_fds_at(sizeof(struct rb_stats_page));

    return (size_t)source->length < most ? (size_t)source->length : most;
}

static bool source__is_page_link(const char *link) {
    const size_t length = sizeof(link_name) - 1;

    return strncmp(link, link_name, length) == 0 && (link[length] == '\0' || link[length] == ' ');
}

/* Map the page of the file on fd. */
static int source__map(struct stat_source *source, int fd, char *why) {
    const int seals = fcntl(fd, F_GET_SEALS), pid = source->pid;
    struct stat st;

    /* Unsealed, it could be cut short under the mapping, and reading it would raise SIGBUS. Asked first: once sealed,
     * it is no shorter than what fstat() says next. */
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return stat_page_fail(why, -EPROTO, "the page of process %d is not sealed, so it is not Ringback's", pid);
    if (fstat(fd, &st) != 0)
        return stat_page_fail(why, -errno, "the page of process %d cannot be read: %s", pid, strerror(errno));
    if (st.st_size == 0)
        return stat_page_fail(why, -EPROTO, "the page of process %d is truncated: it is empty", pid);
    source->length = st.st_size;
    /* Not the words behind it: a look into an empty page of a mapped memory file makes one, in the process's name. */
    source->map = mmap(NULL, source__map_size(source), PROT_READ, MAP_SHARED, fd, 0);
    if (source->map == MAP_FAILED) {
        source->map = NULL;
        return stat_page_fail(why, -errno, "the page of process %d cannot be mapped: %s", pid, strerror(errno));
    }
    return 0;
}

/* Hold descriptor `name` of the process if it is a page. Returns 1 if it is not one, or is another process's. */
static int source__try(struct stat_source *source, int directory, const char *name, char *why) {
    static struct stat_page page;
    char link[PATH_MAX];
    ssize_t length = readlinkat(directory, name, link, sizeof(link) - 1);
    int rc;

    if (length <= 0)
        return 1;
    link[length] = '\0';
    if (!source__is_page_link(link))
        return 1;
    /* O_NONBLOCK: another program may have given a FIFO this name, and opening one waits for a writer. */
    source->fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (source->fd < 0)
        return errno == ENOENT ? 1
                               : stat_page_fail(why, -EACCES, "the page of process %d cannot be opened: %s",
                                                source->pid, strerror(errno));
    source->number = atoi(name);
    rc = source__map(source, source->fd, why);
    if (rc == 0)
        rc = stat_source_take(source, &page, why);
    /* A child that was made without fork()'s handlers holds its parent's page. */
    if (rc == 0 && page.copy.pid != source->pid && page.copy.pid != source__inner_pid(source->pid))
        rc = 1;
    if (rc != 0)
        stat_source_close(source);
    return rc;
}

/* The descriptors of a process. Returns NULL with a sentence in why and the error in *error. */
static DIR *source__descriptors(int pid, int *error, char *why) {
    char path[64];
    DIR *directory;

    snprintf(path, sizeof(path), "/proc/%d", pid);
    if (access(path, F_OK) != 0) {
        *error = stat_page_fail(why, -ESRCH, "there is no process %d", pid);
        return NULL;
    }
    if (source__is_zombie(pid)) {
        *error = stat_page_fail(why, -ESRCH, "process %d has ended; its counters went with it", pid);
        return NULL;
    }
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    directory = opendir(path);
    if (directory == NULL)
        *error =
            errno == ENOENT
                ? stat_page_fail(why, -ESRCH, "there is no process %d", pid)
                : stat_page_fail(why, -EACCES, "process %d may not be looked at (%s); run this as its user, or as root",
                                 pid, strerror(errno));
    return directory;
}

int stat_source_open(struct stat_source *source, int pid, char *why) {
    struct dirent *entry;
    DIR *directory;
    int rc = 1;

    *source = (struct stat_source){.pid = pid, .fd = -1, .number = -1};
    directory = source__descriptors(pid, &rc, why);
    if (directory == NULL)
        return rc;
    while (rc == 1 && (entry = readdir(directory)) != NULL)
        rc = source__try(source, dirfd(directory), entry->d_name, why);
    closedir(directory);
    return rc == 1 ? source__none(pid, why) : rc;
}

void stat_source_close(struct stat_source *source) {
    if (source->map != NULL)
        munmap(source->map, source__map_size(source));
    if (source->fd >= 0)
        close(source->fd);
    source->map = NULL;
    source->fd = -1;
}

int stat_source_take(const struct stat_source *source, struct stat_page *page, char *why) {
    return stat_page_take(source->pid, source->map, (size_t)source->length, page, why);
}

/* The words from one place in the file on, as far as there are any. */
static int source__read_words(const struct stat_source *source, const struct stat_page *page, off_t from, off_t to,
                              struct stat_fds *fds) {
    uint32_t words[WORDS_STEP];
    const off_t start = (off_t)rb_stats_fds_at(page->copy.size);

    while (from < to) {
        size_t size = to - from < (off_t)sizeof(words) ? (size_t)(to - from) : sizeof(words);
        ssize_t got = pread(source->fd, words, size, from);
        int rc;

        if (got < (ssize_t)sizeof(words[0]))
            return got < 0 ? -errno : 0;
        rc = stat_fds_add(fds, page, (int)((from - start) / (off_t)sizeof(words[0])), words,
                          (unsigned)((size_t)got / sizeof(words[0])));
        if (rc != 0)
            return rc;
        from += got;
    }
    return 0;
}

int stat_source_take_fds(const struct stat_source *source, const struct stat_page *page, struct stat_fds *fds) {
    const off_t start = (off_t)rb_stats_fds_at(page->copy.size);
    const off_t count = page->copy.fd_count < FDS_MOST ? page->copy.fd_count : FDS_MOST;
    off_t end = start + count * (off_t)sizeof(uint32_t), from = start;
    int rc = 0;

    fds->count = 0;
    if (end > source->length)
        end = source->length;
    /* Where no word was ever written the file has a hole; most of it is one. */
    while (rc == 0 && from < end && (from = lseek(source->fd, from, SEEK_DATA)) >= 0 && from < end) {
        off_t hole = lseek(source->fd, from, SEEK_HOLE);

        if (hole <= from || hole > end)
            hole = end;
        rc = source__read_words(source, page, from, hole, fds);
        from = hole;
    }
    return rc;
}

bool stat_source_is_current(const struct stat_source *source) {
    struct stat own, theirs;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", source->pid, source->number);
    return fstat(source->fd, &own) == 0 && stat(path, &theirs) == 0 && own.st_dev == theirs.st_dev &&
           own.st_ino == theirs.st_ino;
}

bool stat_source_exists(int pid) {
    char path[64], link[PATH_MAX];
    struct dirent *entry;
    bool found = false;
    DIR *directory;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    directory = opendir(path);
    while (directory != NULL && !found && (entry = readdir(directory)) != NULL) {
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);

        link[length > 0 ? length : 0] = '\0';
        found = source__is_page_link(link);
    }
    if (directory != NULL)
        closedir(directory);
    return found;
}
