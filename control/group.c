/* group - see group.h. */
#include "group.h"
#include "cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { REMOVE_TRIES = 100, REMOVE_PAUSE_MS = 5 };

/* Returns a descriptor or -errno. */
static int open_file(const struct group *group, const char *file, int flags) {
    char path[GROUP_PATH_MAX + 32];
    if (group->directory[0] == '\0') {
        return -ENOENT;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", group->directory, file);
    const int fd = open(path, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int write_file(const struct group *group, const char *file, const char *text) {
    const int fd = open_file(group, file, O_WRONLY);
    if (fd < 0) {
        return fd;
    }
    const int error = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    (void)close(fd);
    return error;
}

int group_make(struct group *group, const char *name) {
    char own[GROUP_PATH_MAX - 80];
    *group = (struct group){""};
    const int error = rb_cpus_group(own, sizeof(own));
    if (error != 0) {
        return error;
    }
    (void)snprintf(group->directory, sizeof(group->directory), "%s/%.64s", own, name);
    uint64_t ns = 0;
    if (mkdir(group->directory, 0700) != 0) {
        *group = (struct group){""};
        return -errno;
    }
    /* A directory in which others may put processes is no group that we may use; one without its files is none. */
    const int fd = open_file(group, "cgroup.procs", O_WRONLY);
    if (fd < 0 || group_cpu_ns(group, &ns) != 0) {
        group_remove(group);
        return fd < 0 ? fd : -ENOTSUP;
    }
    (void)close(fd);
    return 0;
}

int group_join(const struct group *group) {
    return write_file(group, "cgroup.procs", "0");
}

int group_kill(const struct group *group) {
    return write_file(group, "cgroup.kill", "1");
}

int group_cpu_ns(const struct group *group, uint64_t *ns) {
    char text[512];
    const int fd = open_file(group, "cpu.stat", O_RDONLY);
    if (fd < 0) {
        return fd;
    }
    const ssize_t length = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    unsigned long long us = 0;
    text[length > 0 ? length : 0] = '\0';
    if (sscanf(text, "usage_usec %llu", &us) != 1) {
        return -ENOTSUP;
    }
    *ns = us * 1000;
    return 0;
}

void group_remove(struct group *group) {
    const struct timespec pause = {.tv_nsec = REMOVE_PAUSE_MS * 1000000L};
    /* What has just been waited for may still count as being there. */
    for (int i = 0; i < REMOVE_TRIES && group->directory[0] != '\0'; i++) {
        if (rmdir(group->directory) == 0 || errno != EBUSY) {
            group->directory[0] = '\0';
        } else {
            (void)nanosleep(&pause, NULL);
        }
    }
}
