#include "cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "rawcall.h"

/* Small, for all of it lies on the stack of the program's thread. */
enum { LINE_MAX_BYTES = 2048, GROUP_MAX = 512, PATH_BYTES = 3 * GROUP_MAX, LINE_WORDS = 10 };

#define LOOK_AGAIN_NS UINT64_C(2000000000)
#define SWITCH_NS     UINT64_C(100000) /* taken for the length of an involuntary switch where nothing tells */

/* ---- files of /proc and /sys ---- */

static long read_file(const char *root, const char *path, char *out, size_t size) {
    char full[PATH_BYTES];
    long fd, got, length = 0;

    if (snprintf(full, sizeof full, "%s%s", root, path) >= (int)sizeof full)
        return -ENAMETOOLONG;
    fd = rb_rawcall(SYS_openat, AT_FDCWD, (long)full, O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (fd < 0)
        return fd;
    do {
        got = rb_rawcall(SYS_read, fd, (long)(out + length), (long)size - 1 - length, 0, 0, 0);
        length += got > 0 ? got : 0;
    } while (got > 0);
    rb_rawcall_close((int)fd);
    out[length] = '\0';
    return length;
}

/* Lines of a file of any length, one by one; what is longer than the room is cut off. */
struct lines {
    long fd;
    size_t start, end;
    char text[LINE_MAX_BYTES];
};

static bool open_lines(struct lines *lines, const char *root, const char *path) {
    char full[PATH_BYTES];

    *lines = (struct lines){.fd = -ENAMETOOLONG};
    if (snprintf(full, sizeof full, "%s%s", root, path) < (int)sizeof full)
        lines->fd = rb_rawcall(SYS_openat, AT_FDCWD, (long)full, O_RDONLY | O_CLOEXEC, 0, 0, 0);
    return lines->fd >= 0;
}

static char *next_line(struct lines *lines) {
    char *line, *newline;
    long got;

    for (;;) {
        line = lines->text + lines->start;
        newline = memchr(line, '\n', lines->end - lines->start);
        if (newline) {
            *newline = '\0';
            lines->start = (size_t)(newline + 1 - lines->text);
            return line;
        }
        memmove(lines->text, line, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
        if (lines->end == sizeof lines->text)
            lines->end = 0; /* no line of interest is that long */
        got = rb_rawcall(SYS_read, lines->fd, (long)(lines->text + lines->end), (long)(sizeof lines->text - lines->end),
                         0, 0, 0);
        if (got <= 0)
            return NULL;
        lines->end += (size_t)got;
    }
}

/* ---- control groups ---- */

enum version { VERSION_1, VERSION_2, VERSIONS };

/* Where a hierarchy of control groups is mounted, and which of its groups is seen there. */
struct hierarchy {
    char mount[GROUP_MAX], top[GROUP_MAX];
    char group[GROUP_MAX]; /* the process's */
    bool unknown;          /* a name was too long */
};

/* Is this one of the words between commas? */
static bool has_word(const char *words, const char *word) {
    size_t length = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

static void copy(struct hierarchy *hierarchy, char out[GROUP_MAX], const char *text) {
    if (snprintf(out, GROUP_MAX, "%s", text) >= (int)GROUP_MAX)
        hierarchy->unknown = true;
}

/* A line of mountinfo: numbers, root, mount point, options, optional fields, a dash, type, source, options. */
static void take_mount(struct hierarchy *hierarchies, char *line) {
    char *word[LINE_WORDS] = {NULL}, *save = NULL, *dash = strstr(line, " - ");
    unsigned words = 0;

    if (!dash || strncmp(dash + 3, "cgroup", 6) != 0)
        return;
    *dash = '\0';
    for (char *at = strtok_r(line, " ", &save); at && words < 5; at = strtok_r(NULL, " ", &save))
        word[words++] = at;
    if (words < 5)
        return;
    for (char *at = strtok_r(dash + 3, " ", &save); at && words < 8; at = strtok_r(NULL, " ", &save))
        word[words++] = at;
    if (words < 8)
        return;
    if (strcmp(word[5], "cgroup2") == 0) {
        copy(&hierarchies[VERSION_2], hierarchies[VERSION_2].top, word[3]);
        copy(&hierarchies[VERSION_2], hierarchies[VERSION_2].mount, word[4]);
    } else if (has_word(word[7], "cpu")) {
        copy(&hierarchies[VERSION_1], hierarchies[VERSION_1].top, word[3]);
        copy(&hierarchies[VERSION_1], hierarchies[VERSION_1].mount, word[4]);
    }
}

static void find_mounts(const char *root, struct hierarchy *hierarchies) {
    struct lines lines;
    char *line;

    if (!open_lines(&lines, root, "/proc/self/mountinfo"))
        return;
    while ((line = next_line(&lines)))
        take_mount(hierarchies, line);
    rb_rawcall_close((int)lines.fd);
}

/* Lines of /proc/self/cgroup: number, colon, controllers, colon, group; version 2 names no controllers. */
static void find_groups(const char *root, struct hierarchy *hierarchies) {
    struct lines lines;
    char *line;

    if (!open_lines(&lines, root, "/proc/self/cgroup"))
        return;
    while ((line = next_line(&lines))) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;

        if (!group)
            continue;
        *group++ = '\0';
        if (controllers[1] == '\0')
            copy(&hierarchies[VERSION_2], hierarchies[VERSION_2].group, group);
        else if (has_word(controllers + 1, "cpu"))
            copy(&hierarchies[VERSION_1], hierarchies[VERSION_1].group, group);
    }
    rb_rawcall_close((int)lines.fd);
}

static uint32_t share_of(long long quota, long long period) {
    long long share;

    if (quota <= 0 || period <= 0)
        return RB_CPUS_NO_QUOTA;
    share = quota * 1000 / period;
    return share < RB_CPUS_NO_QUOTA ? (uint32_t)share : RB_CPUS_NO_QUOTA;
}

/* The limit of one group by itself. */
static uint32_t group_quota(const char *root, const char *directory, enum version version) {
    char path[PATH_BYTES], text[64];
    long long quota, period = 0;

    snprintf(path, sizeof path, "%s/%s", directory, version == VERSION_2 ? "cpu.max" : "cpu.cfs_quota_us");
    if (read_file(root, path, text, sizeof text) <= 0)
        return RB_CPUS_NO_QUOTA;
    if (version == VERSION_2)
        return sscanf(text, "%lld %lld", &quota, &period) == 2 ? share_of(quota, period) : RB_CPUS_NO_QUOTA; /* "max" */
    quota = atoll(text);
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
    if (quota > 0 && read_file(root, path, text, sizeof text) > 0)
        period = atoll(text);
    return share_of(quota, period);
}

/* The directory of the process's group. Returns 0 if its hierarchy is not mounted, or a name was too long. */
static int group_directory(const struct hierarchy *of, char directory[2 * GROUP_MAX]) {
    const char *group = of->group;
    size_t top = strlen(of->top);

    if (of->mount[0] == '\0' || of->unknown)
        return 0;
    /* In a container the mount may show a part of the tree, while the group is told from its root. */
    if (strcmp(of->top, "/") != 0 && strncmp(group, of->top, top) == 0)
        group += top;
    if (strncmp(group, "/..", 3) == 0)
        group = ""; /* outside of what can be seen */
    return snprintf(directory, 2 * GROUP_MAX, "%s%s", of->mount, group);
}

/* The smallest limit from the process's group up to what is mounted. */
static uint32_t hierarchy_quota(const char *root, const struct hierarchy *of, enum version version) {
    char directory[2 * GROUP_MAX];
    size_t mount = strlen(of->mount);
    uint32_t least = RB_CPUS_NO_QUOTA, own;

    if (mount == 0)
        return RB_CPUS_NO_QUOTA;
    if (group_directory(of, directory) == 0)
        return 0; /* who cannot tell does not watch */
    for (;;) {
        char *slash;

        own = group_quota(root, directory, version);
        least = own < least ? own : least;
        slash = strrchr(directory, '/');
        if (!slash || (size_t)(slash - directory) < mount)
            return least;
        *slash = '\0';
    }
}

int rb_cpus_group(char *out, size_t size) {
    struct hierarchy hierarchies[VERSIONS] = {0};
    char directory[2 * GROUP_MAX];

    find_mounts("", hierarchies);
    find_groups("", hierarchies);
    if (group_directory(&hierarchies[VERSION_2], directory) == 0)
        return -ENOENT;
    return (size_t)snprintf(out, size, "%s", directory) < size ? 0 : -ENAMETOOLONG;
}

uint32_t rb_cpus_quota(const char *root) {
    struct hierarchy hierarchies[VERSIONS] = {0};
    uint32_t one, two;
    int kept = errno;

    find_mounts(root, hierarchies);
    find_groups(root, hierarchies);
    one = hierarchy_quota(root, &hierarchies[VERSION_1], VERSION_1);
    two = hierarchy_quota(root, &hierarchies[VERSION_2], VERSION_2);
    errno = kept;
    return one < two ? one : two;
}

/* ---- what follows ---- */

unsigned rb_cpus_watchers(unsigned allowed, unsigned online, uint32_t quota) {
    unsigned cpus = allowed > 1 ? allowed : online;

    if (cpus <= 1 || quota / 1000 < cpus)
        return 0;
    return cpus - 1;
}

static unsigned look(void) {
    unsigned long mask[128] = {0}; /* 8192 processors; a larger kernel mask is refused */
    long bytes = rb_rawcall(SYS_sched_getaffinity, 0, sizeof mask, (long)mask, 0, 0, 0);
    unsigned allowed = 0, online;
    int kept = errno;

    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++)
        allowed += (unsigned)__builtin_popcountl(mask[i]);
    online = allowed > 1 ? allowed : (unsigned)get_nprocs();
    errno = kept;
    return rb_cpus_watchers(allowed, online, rb_cpus_quota(""));
}

unsigned rb_cpus_spare(uint64_t now_ns) {
    static atomic_flag looking = ATOMIC_FLAG_INIT;
    static _Atomic uint64_t look_at_ns;
    static atomic_uint spare;

    /* One thread looks, the others go by what was seen last; a child of a fork while one looked stays with that. */
    if (now_ns >= atomic_load_explicit(&look_at_ns, memory_order_relaxed) &&
        !atomic_flag_test_and_set_explicit(&looking, memory_order_acquire)) {
        atomic_store_explicit(&spare, look(), memory_order_relaxed);
        atomic_store_explicit(&look_at_ns, now_ns + LOOK_AGAIN_NS, memory_order_relaxed);
        atomic_flag_clear_explicit(&looking, memory_order_release);
    }
    return atomic_load_explicit(&spare, memory_order_relaxed);
}

uint64_t rb_cpus_delay_ns(void) {
    unsigned long long ran, delayed;
    struct rusage usage = {0};
    char text[96];

    if (read_file("", "/proc/thread-self/schedstat", text, sizeof text) > 0 &&
        sscanf(text, "%llu %llu", &ran, &delayed) == 2)
        return delayed;
    rb_rawcall(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0, 0, 0, 0);
    return (uint64_t)usage.ru_nivcsw * SWITCH_NS;
}
