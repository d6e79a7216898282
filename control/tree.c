/* tree - see tree.h. */
#include "tree.h"
#include "counter.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What /proc/PID/stat says. */
struct stat_line {
    pid_t pid;
    pid_t parent;
    char state;
    unsigned long long children_ticks; /* of processor time, of those that were waited for */
};

static bool read_stat(pid_t pid, struct stat_line *line) {
    char path[64];
    char text[1024];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    const size_t length = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    /* The name is in brackets and may hold brackets itself. */
    const char *rest = strrchr(text, ')');
    int parent = 0;
    long long user = 0;
    long long system = 0;
    if (rest == NULL || sscanf(rest + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lld %lld", &line->state,
                               &parent, &user, &system) != 4) {
        return false;
    }
    line->pid = pid;
    line->parent = parent;
    line->children_ticks = (unsigned long long)(user + system);
    return true;
}

/* All processes that there are. Returns how many; the caller frees the array. */
static size_t read_all(struct stat_line **lines) {
    size_t count = 0;
    size_t room = 0;
    *lines = NULL;
    DIR *directory = opendir("/proc");
    const struct dirent *entry = NULL;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0) {
            continue;
        }
        if (count == room) {
            room = room == 0 ? 256 : 2 * room;
            struct stat_line *more = realloc(*lines, room * sizeof(**lines));
            if (more == NULL) {
                break;
            }
            *lines = more;
        }
        count += read_stat((pid_t)pid, &(*lines)[count]) ? 1 : 0;
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    return count;
}

size_t tree_pids(pid_t root, pid_t *pids, size_t max) {
    struct stat_line *lines = NULL;
    const size_t count = read_all(&lines);
    size_t found = 0;
    /* The children of the root, then of each process found. */
    pid_t parent = root;
    for (size_t next = 0;; next++) {
        for (size_t i = 0; i < count && found < max; i++) {
            if (lines[i].parent == parent && lines[i].state != 'Z' && lines[i].state != 'X') {
                pids[found++] = lines[i].pid;
            }
        }
        if (next == found) {
            break;
        }
        parent = pids[next];
    }
    free(lines);
    return found;
}

/* The sum of the numbers behind a name that begins a line of a file; 0 if there is none. */
static uint64_t sum_of(const char *path, const char *const *names, size_t count) {
    char line[256];
    uint64_t sum = 0;
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        for (size_t i = 0; i < count; i++) {
            if (strncmp(line, names[i], strlen(names[i])) == 0) {
                sum += strtoull(line + strlen(names[i]), NULL, 10);
            }
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return sum;
}

static uint64_t switches_of(pid_t pid) {
    static const char *const names[] = {"voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"};
    char path[96];
    uint64_t sum = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    const struct dirent *entry = NULL;
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "/proc/%d/task/%.20s/status", (int)pid, entry->d_name);
            sum += sum_of(path, names, sizeof(names) / sizeof(names[0]));
        }
    }
    if (tasks != NULL) {
        (void)closedir(tasks);
    }
    return sum;
}

void tree_cost(struct tree_cost *cost, const pid_t *pids, size_t count) {
    static const char *const peak[] = {"VmHWM:"};
    const uint64_t tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
    *cost = (struct tree_cost){0};
    for (size_t i = 0; i < count; i++) {
        struct stat_line line;
        char path[64];
        uint64_t ns = 0;
        if (counter_cpu_ns(pids[i], &ns) == 0 && read_stat(pids[i], &line)) {
            cost->cpu_ns += ns + line.children_ticks * tick_ns;
        }
        cost->switches += switches_of(pids[i]);
        (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pids[i]);
        cost->peak += sum_of(path, peak, 1) * 1024;
    }
}
