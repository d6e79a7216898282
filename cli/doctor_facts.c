#include "doctor_facts.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The names to try, most telling first, and the function that says the version. */
static const struct {
    const char *name;
    const char *version_function;
    const char *sonames[6];
} libraries[DOCTOR_LIBRARY_COUNT] = {
    [DOCTOR_LIBUV] = {"libuv", "uv_version_string", {"libuv.so.1", "libuv.so", NULL}},
    [DOCTOR_LIBEVENT] = {"libevent",
                         "event_get_version",
                         {"libevent-2.1.so.7", "libevent_core-2.1.so.7", "libevent-2.2.so.1", "libevent.so", NULL}},
};

/* A "Name:\tvalue" line of /proc/self/status, or a file that is one number. */
static int facts__number(const char *path, const char *key) {
    char line[256];
    int number = DOCTOR_UNKNOWN;
    FILE *file = fopen(path, "re");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            number = atoi(line + strlen(key));
            break;
        }
    }
    if (file != NULL)
        fclose(file);
    return number;
}

/* In a child: print a library's version and path. Its constructors run, which this process need not live with. */
static void facts__tell_library(enum doctor_library which) {
    for (unsigned i = 0; libraries[which].sonames[i] != NULL; i++) {
        void *handle = dlopen(libraries[which].sonames[i], RTLD_NOW | RTLD_LOCAL);
        void *symbol = handle == NULL ? NULL : dlsym(handle, libraries[which].version_function);
        const char *(*version)(void);
        struct link_map *map;

        if (symbol == NULL || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
            continue;
        memcpy(&version, &symbol, sizeof(version));
        printf("%s\n%s\n", version(), map->l_name);
        break;
    }
    fflush(stdout);
}

static void facts__read_line(FILE *file, char *out, size_t size) {
    if (file == NULL || fgets(out, (int)size, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static void facts__ask_library(enum doctor_library which, struct doctor_library_facts *facts) {
    int ends[2];
    pid_t child;
    FILE *answer;

    facts->name = libraries[which].name;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    fflush(NULL); /* what is buffered is this process's to print */
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        facts__tell_library(which);
        _exit(0);
    }
    close(ends[1]);
    answer = fdopen(ends[0], "r");
    facts__read_line(answer, facts->version, sizeof(facts->version));
    facts__read_line(answer, facts->path, sizeof(facts->path));
    if (answer != NULL)
        fclose(answer);
    if (child > 0)
        waitpid(child, NULL, 0);
}

static void facts__warn(void *arg, const char *sentence) {
    struct doctor_facts *facts = arg;

    if (facts->warning_count < DOCTOR_WARNINGS_MAX)
        snprintf(facts->warning[facts->warning_count++], sizeof(facts->warning[0]), "%s", sentence);
}

static const char *facts__environment(const char *name) {
    return getenv(name);
}

void doctor_facts_gather(struct doctor_facts *facts) {
    struct rb_config config;

    memset(facts, 0, sizeof(*facts));
    uname(&facts->kernel);
    rb_config_load(&config, facts__environment, environ, facts__warn, facts);
    rb_caps_probe(&facts->caps, config.disabled);
    facts->usable = rb_caps_missing(&facts->caps) == RB_CAP_COUNT;
    getrlimit(RLIMIT_MEMLOCK, &facts->memlock);
    getrlimit(RLIMIT_NOFILE, &facts->nofile);
    facts->io_uring_disabled = facts__number("/proc/sys/kernel/io_uring_disabled", "");
    facts->seccomp = facts__number("/proc/self/status", "Seccomp:");
    for (unsigned i = 0; i < DOCTOR_LIBRARY_COUNT; i++)
        facts__ask_library((enum doctor_library)i, &facts->library[i]);
    for (unsigned i = 0; i < ADAPTER_COUNT; i++)
        if (adapter_find((enum adapter)i, facts->adapter[i]) != 0)
            facts->adapter[i][0] = '\0';
}
