#include "stat_find.h"

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

/* Find a line of /proc/PID/FILE that holds a text; a text with a colon is a key and begins its line, for the process
 * may have chosen a name that looks like one. Returns whether there is one; it is then in line. */
static bool find__line(int pid, const char *file, const char *text, char *line, int size) {
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
static int find__inner_pid(int pid) {
    char line[256];
    const char *last;

    if (!find__line(pid, "status", "NSpid:", line, sizeof(line)))
        return pid;
    last = strrchr(line, '\t');
    return last == NULL ? pid : atoi(last);
}

static bool find__is_zombie(int pid) {
    char line[256];

    return find__line(pid, "status", "State:\tZ", line, sizeof(line));
}

/* The process has no page: say what is missing. */
static int find__none(int pid, char *why) {
    char line[PATH_MAX + 128];

    if (find__line(pid, "maps", "/libringback", line, sizeof(line)))
        return stat_page_fail(why, -ENOENT,
                              "process %d has Ringback loaded and no page yet: it has made no event loop, or "
                              "RINGBACK=off is set",
                              pid);
    return stat_page_fail(why, -ENOENT,
                          "process %d has no Ringback page: it runs without Ringback; start it by "
                          "`ringback run PROGRAM`",
                          pid);
}

static bool find__is_page_link(const char *link) {
    const size_t length = sizeof(link_name) - 1;

    return strncmp(link, link_name, length) == 0 && (link[length] == '\0' || link[length] == ' ');
}

/* Map the file on fd and take it. */
static int find__take_file(int pid, int fd, struct stat_page *page, char *why) {
    const int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;
    void *map;
    int rc;

    /* Unsealed, it could be cut short under the mapping, and reading it would raise SIGBUS. Asked first: once sealed,
     * it is no shorter than what fstat() says next. */
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return stat_page_fail(why, -EPROTO, "the page of process %d is not sealed, so it is not Ringback's", pid);
    if (fstat(fd, &st) != 0)
        return stat_page_fail(why, -errno, "the page of process %d cannot be read: %s", pid, strerror(errno));
    if (st.st_size == 0)
        return stat_page_fail(why, -EPROTO, "the page of process %d is truncated: it is empty", pid);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return stat_page_fail(why, -errno, "the page of process %d cannot be mapped: %s", pid, strerror(errno));
    rc = stat_page_take(pid, map, (size_t)st.st_size, page, why);
    munmap(map, (size_t)st.st_size);
    return rc;
}

/* Read descriptor `name` of the process if it is a page. Returns 1 if it is not one, or is another process's. */
static int find__try(int pid, int directory, const char *name, struct stat_page *page, char *why) {
    char link[PATH_MAX];
    ssize_t length = readlinkat(directory, name, link, sizeof(link) - 1);
    int fd, rc;

    if (length <= 0)
        return 1;
    link[length] = '\0';
    if (!find__is_page_link(link))
        return 1;
    /* O_NONBLOCK: another program may have given a FIFO this name, and opening one waits for a writer. */
    fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? 1
                   : stat_page_fail(why, -EACCES, "the page of process %d cannot be opened: %s", pid, strerror(errno));
    rc = find__take_file(pid, fd, page, why);
    close(fd);
    /* A child that was made without fork()'s handlers holds its parent's page. */
    return rc == 0 && page->copy.pid != pid && page->copy.pid != find__inner_pid(pid) ? 1 : rc;
}

int stat_find_page(int pid, struct stat_page *page, char *why) {
    char path[64];
    struct dirent *entry;
    DIR *directory;
    int rc = 1;

    snprintf(path, sizeof(path), "/proc/%d", pid);
    if (access(path, F_OK) != 0)
        return stat_page_fail(why, -ESRCH, "there is no process %d", pid);
    if (find__is_zombie(pid))
        return stat_page_fail(why, -ESRCH, "process %d has ended; its counters went with it", pid);
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    directory = opendir(path);
    if (directory == NULL)
        return errno == ENOENT
                   ? stat_page_fail(why, -ESRCH, "there is no process %d", pid)
                   : stat_page_fail(why, -EACCES,
                                    "process %d may not be looked at (%s); run this as its user, or as root", pid,
                                    strerror(errno));
    while (rc == 1 && (entry = readdir(directory)) != NULL)
        rc = find__try(pid, dirfd(directory), entry->d_name, page, why);
    closedir(directory);
    return rc == 1 ? find__none(pid, why) : rc;
}
