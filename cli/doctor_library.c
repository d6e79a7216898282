/* libuv and libevent as the loader finds them, and how far the adapters can hook them. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "doctor_facts.h"
#include "elf_symbols.h"

enum { HOOKS_MAX = 64, NAME_MAX_BYTES = 64 };

/* The names to try, most telling first; the function that says the version; what the functions begin with that an
 * adapter hooks besides libc's. */
static const struct {
    const char *name;
    const char *version_function;
    const char *sonames[5];
    const char *prefixes[3];
} libraries[ADAPTER_COUNT] = {
    [ADAPTER_UV] = {"libuv", "uv_version_string", {"libuv.so.1", "libuv.so", NULL}, {"uv_", NULL}},
    [ADAPTER_EVENT] = {"libevent",
                       "event_get_version",
                       {"libevent-2.1.so.7", "libevent_core-2.1.so.7", "libevent-2.2.so.1", "libevent.so", NULL},
                       {"ev", "bufferevent_", NULL}},
};

/* As the adapter asks before it reads handles of libuv's. */
static bool library__is_laid_out_as_known(void *handle) {
    unsigned (*version)(void);
    size_t (*handle_size)(uv_handle_type), (*req_size)(uv_req_type);
    void *symbol[3] = {dlsym(handle, "uv_version"), dlsym(handle, "uv_handle_size"), dlsym(handle, "uv_req_size")};

    if (symbol[0] == NULL || symbol[1] == NULL || symbol[2] == NULL)
        return false;
    memcpy(&version, &symbol[0], sizeof(version));
    memcpy(&handle_size, &symbol[1], sizeof(handle_size));
    memcpy(&req_size, &symbol[2], sizeof(req_size));
    return version() >> 16 == UV_VERSION_MAJOR && handle_size(UV_TCP) == sizeof(uv_tcp_t) &&
           handle_size(UV_NAMED_PIPE) == sizeof(uv_pipe_t) && req_size(UV_WRITE) == sizeof(uv_write_t);
}

/* In a child: print a library's version, path and layout. Its constructors run, which this process need not live with.
 */
static void library__tell(enum adapter which) {
    for (unsigned i = 0; libraries[which].sonames[i] != NULL; i++) {
        void *handle = dlopen(libraries[which].sonames[i], RTLD_NOW | RTLD_LOCAL);
        void *symbol = handle == NULL ? NULL : dlsym(handle, libraries[which].version_function);
        const char *(*version)(void);
        struct link_map *map;

        if (symbol == NULL || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
            continue;
        memcpy(&version, &symbol, sizeof(version));
        printf("%s\n%s\n%d\n", version(), map->l_name, which != ADAPTER_UV || library__is_laid_out_as_known(handle));
        break;
    }
    fflush(stdout);
}

static void library__read_line(FILE *file, char *out, size_t size) {
    if (file == NULL || fgets(out, (int)size, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

void doctor_library_look(enum adapter which, struct doctor_library *library) {
    char layout[8];
    int ends[2];
    pid_t child;
    FILE *answer;

    library->name = libraries[which].name;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    fflush(NULL); /* what is buffered is this process's to print */
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        library__tell(which);
        _exit(0);
    }
    close(ends[1]);
    answer = fdopen(ends[0], "r");
    library__read_line(answer, library->version, sizeof(library->version));
    library__read_line(answer, library->path, sizeof(library->path));
    library__read_line(answer, layout, sizeof(layout));
    library->laid_out_as_known = layout[0] == '1';
    if (answer != NULL)
        fclose(answer);
    if (child > 0)
        waitpid(child, NULL, 0);
}

/* The functions that an adapter hooks of its library. */
struct hooks {
    enum adapter which;
    unsigned count;
    char name[HOOKS_MAX][NAME_MAX_BYTES];
    bool there[HOOKS_MAX];
};

static void library__note_hook(void *arg, const char *name, bool exported) {
    struct hooks *hooks = arg;

    for (unsigned i = 0; exported && libraries[hooks->which].prefixes[i] != NULL; i++) {
        const char *prefix = libraries[hooks->which].prefixes[i];

        if (strncmp(name, prefix, strlen(prefix)) == 0 && hooks->count < HOOKS_MAX && strlen(name) < NAME_MAX_BYTES)
            strcpy(hooks->name[hooks->count++], name);
    }
}

static void library__note_function(void *arg, const char *name, bool exported) {
    struct hooks *hooks = arg;

    for (unsigned i = 0; exported && i < hooks->count; i++)
        hooks->there[i] |= strcmp(hooks->name[i], name) == 0;
}

/* Returns 0 or -errno. */
static int library__each(const char *path, elf_symbol_fn *each, struct hooks *hooks) {
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0)
        return -errno;
    rc = elf_each_symbol(fd, each, hooks);
    close(fd);
    return rc;
}

void doctor_library_count(enum adapter which, const char *adapter, struct doctor_library *library) {
    static struct hooks hooks;
    size_t length = 0;

    memset(&hooks, 0, sizeof(hooks));
    hooks.which = which;
    library->missing[0] = '\0';
    library->hooks = library->hooks_missing = 0;
    if (library__each(adapter, library__note_hook, &hooks) != 0 ||
        library__each(library->path, library__note_function, &hooks) != 0)
        return;
    library->hooks = hooks.count;
    for (unsigned i = 0; i < hooks.count; i++) {
        if (hooks.there[i])
            continue;
        library->hooks_missing++;
        length += (size_t)snprintf(library->missing + length, sizeof(library->missing) - length, "%s%s",
                                   length == 0 ? "" : ", ", hooks.name[i]);
        if (length >= sizeof(library->missing))
            length = sizeof(library->missing) - 1;
    }
}
