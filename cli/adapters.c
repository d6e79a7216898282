#include "adapters.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const files[ADAPTER_COUNT] = {
    [ADAPTER_UV] = "libringback-uv.so",
    [ADAPTER_EVENT] = "libringback-event.so",
};

/* From the directory of this program; the first is the build tree's and most systems', the second Debian's. */
static const char *const places[] = {"../lib", ("../lib/" RB_MULTIARCH), "../lib64"};

const char *adapter_file(enum adapter adapter) {
    return files[adapter];
}

int adapter_find(enum adapter adapter, char *path) {
    char own[PATH_MAX], place[PATH_MAX + 64], directory[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
    int size;

    own[length > 0 ? length : 0] = '\0';
    if (strrchr(own, '/') != NULL)
        *strrchr(own, '/') = '\0';
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(place, sizeof(place), "%s/%s", own, places[i]);
        /* The file itself may be a link to one with a version in its name: LD_PRELOAD shows the plain name. */
        if (realpath(place, directory) == NULL)
            continue;
        size = snprintf(path, PATH_MAX, "%s/%s", directory, files[adapter]);
        if (size < PATH_MAX && access(path, R_OK) == 0)
            return 0;
    }
    snprintf(path, PATH_MAX, "%.2000s/%s, %s, %s", own, places[0], places[1], places[2]);
    return -ENOENT;
}

/* Whether one entry of LD_PRELOAD is an adapter that is about to be loaded anyway. */
static bool adapter__is_listed(const char *const *paths, const char *entry, size_t length) {
    const char *slash = memrchr(entry, '/', length);
    size_t base_length = slash == NULL ? length : length - (size_t)(slash + 1 - entry);
    const char *base = slash == NULL ? entry : slash + 1;

    for (; *paths != NULL; paths++) {
        const char *path_base = strrchr(*paths, '/');
        path_base = path_base == NULL ? *paths : path_base + 1;
        if (strlen(path_base) == base_length && memcmp(path_base, base, base_length) == 0)
            return true;
    }
    return false;
}

/* Append the entries of LD_PRELOAD that are no adapters of the list. */
static void adapter__append_others(char *list, const char *const *paths, const char *old) {
    char *end = list + strlen(list);

    while (old != NULL && *old != '\0') {
        size_t length = strcspn(old, ": ");
        if (length > 0 && !adapter__is_listed(paths, old, length))
            end += sprintf(end, "%s%.*s", end == list ? "" : ":", (int)length, old);
        old += length;
        old += strspn(old, ": ");
    }
}

char *adapter_preload(const char *const *paths, const char *old) {
    size_t size = old == NULL ? 1 : strlen(old) + 2;
    char *list, *end;

    for (unsigned i = 0; paths[i] != NULL; i++)
        size += strlen(paths[i]) + 1;
    list = malloc(size);
    if (list == NULL)
        return NULL;
    end = list;
    *end = '\0';
    for (unsigned i = 0; paths[i] != NULL; i++)
        end += sprintf(end, "%s%s", end == list ? "" : ":", paths[i]);
    adapter__append_others(list, paths, old);
    return list;
}

char *adapter_strip(const char *old) {
    const char *const all[ADAPTER_COUNT + 1] = {files[ADAPTER_UV], files[ADAPTER_EVENT], NULL};
    char *list = calloc(1, strlen(old) + 2);

    if (list != NULL)
        adapter__append_others(list, all, old);
    return list;
}
