#include "stat_names.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stat_source.h"

enum { ROOM_FIRST = 16, COMM_MAX = 15 };

/* The first bytes of /proc/PID/FILE. Returns how many, 0 if there are none. */
static size_t names__read(int pid, const char *file, char *out, size_t size) {
    char path[64];
    ssize_t got;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd < 0 ? 0 : read(fd, out, size - 1);
    if (fd >= 0)
        close(fd);
    out[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

static const char *names__base(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* What it calls itself reaches a terminal: no control codes, and words apart. */
static void names__clean(char *text, size_t length) {
    while (length > 0 && text[length - 1] == '\0')
        length--;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\0')
            text[i] = ' ';
        else if (!isprint((unsigned char)text[i]))
            text[i] = '?';
    }
    text[length] = '\0';
}

/* The file that it runs, without the directory; "" if that may not be known. */
static void names__program(int pid, char *out, size_t size) {
    static const char gone[] = " (deleted)";
    char path[64], link[PATH_MAX];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/exe", pid);
    length = readlink(path, link, sizeof(link) - 1);
    link[length > 0 ? length : 0] = '\0';
    if (length > (ssize_t)sizeof(gone) && strcmp(link + length - (sizeof(gone) - 1), gone) == 0)
        link[length - (ssize_t)(sizeof(gone) - 1)] = '\0'; /* replaced by a newer one meanwhile */
    snprintf(out, size, "%.*s", (int)size - 1, names__base(link));
}

/* Fill in what is known of a process. Returns whether it has this name; NULL: any. */
static bool names__look(int pid, const char *name, struct stat_process *process) {
    char comm[COMM_MAX + 2], program[64];
    size_t length;
    bool found;

    if (names__read(pid, "comm", comm, sizeof(comm)) == 0)
        return false; /* it has ended */
    comm[strcspn(comm, "\n")] = '\0';
    names__program(pid, program, sizeof(program));
    length = names__read(pid, "cmdline", process->command, sizeof(process->command));
    found = name == NULL || strcmp(program, name) == 0 || strcmp(comm, name) == 0 ||
            (length > 0 && strcmp(names__base(process->command), name) == 0);
    names__clean(process->command, length);
    process->pid = pid;
    snprintf(process->name, sizeof(process->name), "%s", program[0] != '\0' ? program : comm);
    names__clean(process->name, strlen(process->name));
    return found;
}

static int names__append(struct stat_processes *processes, const struct stat_process *process) {
    if (processes->count == processes->room) {
        unsigned room = processes->room == 0 ? ROOM_FIRST : processes->room * 2;
        struct stat_process *list = realloc(processes->list, room * sizeof(*list));

        if (list == NULL)
            return -ENOMEM;
        processes->list = list;
        processes->room = room;
    }
    processes->list[processes->count++] = *process;
    return 0;
}

static int names__by_pid(const void *left, const void *right) {
    const struct stat_process *a = left, *b = right;

    return (a->pid > b->pid) - (a->pid < b->pid);
}

int stat_names_find(const char *name, struct stat_processes *processes) {
    struct stat_process process;
    struct dirent *entry;
    DIR *directory = opendir("/proc");
    int rc = directory == NULL ? -errno : 0;

    while (rc == 0 && (entry = readdir(directory)) != NULL) {
        int pid = atoi(entry->d_name);

        if (pid <= 0 || pid == getpid() || !names__look(pid, name, &process))
            continue;
        process.has_page = stat_source_exists(pid);
        if (name != NULL || process.has_page)
            rc = names__append(processes, &process);
    }
    if (directory != NULL)
        closedir(directory);
    if (processes->count > 0)
        qsort(processes->list, processes->count, sizeof(process), names__by_pid);
    return rc;
}

void stat_names_of(int pid, char *out, size_t size) {
    struct stat_process process = {0};

    names__look(pid, NULL, &process);
    snprintf(out, size, "%s", process.name);
}

void stat_names_free(struct stat_processes *processes) {
    free(processes->list);
    *processes = (struct stat_processes){0};
}
