#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli.h"
#include "elf_symbols.h"

enum { SCRIPT_LINE_MAX = 512 };

/* Returns 0 if path is a file that may be executed. */
static int program__check(const char *path) {
    struct stat st;

    if (stat(path, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EACCES;
    return access(path, X_OK) == 0 ? 0 : -errno;
}

/* execvp()'s search: a file that may not be executed does not end it, but is remembered. */
static int program__search(const char *name, char *path) {
    const char *directories = getenv("PATH");
    int rc = -ENOENT;

    if (strchr(name, '/') != NULL) {
        if ((size_t)snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
            return -ENAMETOOLONG;
        return program__check(path);
    }
    if (directories == NULL)
        directories = "/bin:/usr/bin";
    for (;;) {
        size_t length = strcspn(directories, ":");
        int written = snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, directories, length > 0 ? "/" : "", name);
        int found = written < PATH_MAX ? program__check(path) : -ENAMETOOLONG;

        if (found == 0)
            return 0;
        if (found == -EACCES)
            rc = found;
        if (directories[length] == '\0')
            return rc;
        directories += length + 1;
    }
}

/* Whether the kernel tells the loader to distrust the environment. */
static enum program_rights program__rights(int fd) {
    struct stat st;

    if (fstat(fd, &st) != 0)
        return PROGRAM_RIGHTS_OWN;
    if ((st.st_mode & S_ISUID) != 0 && st.st_uid != getuid())
        return PROGRAM_RIGHTS_SETUID;
    if ((st.st_mode & S_ISGID) != 0 && (st.st_mode & S_IXGRP) != 0 && st.st_gid != getgid())
        return PROGRAM_RIGHTS_SETGID;
    if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return PROGRAM_RIGHTS_CAPABILITIES;
    return PROGRAM_RIGHTS_OWN;
}

/* The interpreter that a "#!" line names, looked for in PATH where it is env's. Returns 1 if there is such a line, 0 if
 * not, -ENOEXEC if the interpreter is missing. */
static int program__read_script(int fd, char *interpreter) {
    char line[SCRIPT_LINE_MAX], *rest = NULL, *word;
    ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

    if (n < 2 || memcmp(line, "#!", 2) != 0)
        return 0;
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    word = strtok_r(line + 2, " \t", &rest);
    if (word == NULL)
        return 0;
    snprintf(interpreter, PATH_MAX, "%s", word);
    if (program__check(interpreter) != 0)
        return -ENOEXEC;
    if (strcmp(strrchr(word, '/') != NULL ? strrchr(word, '/') + 1 : word, "env") != 0)
        return 1;
    /* env's own options and NAME=value words come before the program's name. */
    do
        word = strtok_r(NULL, " \t", &rest);
    while (word != NULL && (word[0] == '-' || strchr(word, '=') != NULL));
    if (word != NULL && program__search(word, interpreter) != 0) {
        snprintf(interpreter, PATH_MAX, "%s", word);
        return -ENOEXEC;
    }
    return 1;
}

/* What the file names of the libraries begin with. libevent is several; the one that has the loop counts most. */
static const char *const library_names[ADAPTER_COUNT] = {[ADAPTER_UV] = "libuv.so", [ADAPTER_EVENT] = "libevent"};

/* "	libuv.so.1 => /usr/lib/libuv.so.1 (0x...)", or "=> not found". */
static void program__note_library(struct program *program, char *line) {
    char *name = line + strspn(line, " \t"), *path = strstr(name, " => ");

    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        struct program_library *library = &program->library[i];

        if (strncmp(name, library_names[i], strlen(library_names[i])) != 0)
            continue;
        /* Of libevent_core and libevent_pthreads, say, the first has the hooked functions. */
        if (library->linked && strncmp(name, "libevent_core", 13) != 0)
            continue;
        library->linked = true;
        library->path[0] = '\0';
        if (path != NULL && path[4] == '/')
            snprintf(library->path, sizeof(library->path), "%.*s", (int)strcspn(path + 4, " \n"), path + 4);
    }
}

/* The loader itself lists what it would load: nobody else knows its search paths, caches and run paths as well. It maps
 * the files and runs nothing of them. */
static void program__list_libraries(struct program *program, const char *loader, const char *path) {
    char line[PATH_MAX + 128];
    int ends[2];
    pid_t child;
    FILE *list;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    child = fork();
    if (child == 0) {
        unsetenv("LD_PRELOAD");
        dup2(ends[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        execl(loader, loader, "--list", path, (char *)NULL);
        _exit(127); /* no list; nothing is known then */
    }
    close(ends[1]);
    list = fdopen(ends[0], "r");
    while (list != NULL && fgets(line, sizeof(line), list) != NULL)
        program__note_library(program, line);
    if (list != NULL)
        fclose(list);
    if (child > 0)
        waitpid(child, NULL, 0);
}

/* Whether a loader is the one that loaded this program: an adapter works under no other libc. */
static bool program__is_own_loader(const char *loader) {
    struct elf_facts own;
    struct stat a, b;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : elf_read(fd, &own);

    if (fd >= 0)
        close(fd);
    if (rc < 0 || own.kind != ELF_DYNAMIC || stat(own.loader, &a) != 0 || stat(loader, &b) != 0)
        return true;
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void program__inspect(struct program *program, int fd, const char *path) {
    struct elf_facts facts;

    if (program->rights == PROGRAM_RIGHTS_OWN)
        program->rights = program__rights(fd);
    if (elf_read(fd, &facts) != 0)
        return;
    program->kind = facts.kind;
    if (facts.kind != ELF_DYNAMIC)
        return;
    program->foreign_libc = !program__is_own_loader(facts.loader);
    program__list_libraries(program, facts.loader, path);
}

int program_find(const char *name, struct program *program) {
    int rc, fd;

    memset(program, 0, sizeof(*program));
    rc = program__search(name, program->path);
    if (rc != 0)
        return rc == -ENOTDIR ? -ENOENT : rc;
    fd = open(program->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* it may be executed and not read: nothing can be said about it, and nothing is wrong */
    rc = program__read_script(fd, program->interpreter);
    if (rc == 0)
        program__inspect(program, fd, program->path);
    close(fd);
    if (rc <= 0)
        return rc;
    fd = open(program->interpreter, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        program__inspect(program, fd, program->interpreter);
        close(fd);
    }
    return 0;
}

int program_not_started(const char *name, const struct program *program, int error) {
    if (error == ENOENT) {
        cli_error("%s: command not found", name);
        return CLI_NOT_FOUND;
    }
    if (error == ENOEXEC && program->interpreter[0] != '\0')
        cli_error("%s: cannot be started: its interpreter %s is missing", name, program->interpreter);
    else
        cli_error("%s: cannot be started: %s", name, strerror(error));
    return CLI_NOT_EXECUTABLE;
}

const char *program_runs(const struct program *program) {
    return program->interpreter[0] != '\0' ? program->interpreter : program->path;
}

/* A function of each library, and a text of its own that stays when all names are stripped. */
static const struct {
    const char *function, *text;
} traces[ADAPTER_COUNT] = {
    [ADAPTER_UV] = {"uv_run", "UV_THREADPOOL_SIZE"},
    [ADAPTER_EVENT] = {"event_base_loop", "EVENT_NOEPOLL"},
};

static void program__note_symbol(void *arg, const char *name, bool exported) {
    struct program *program = arg;

    (void)exported;
    for (unsigned i = 0; i < ADAPTER_COUNT; i++)
        program->library[i].inside |= strcmp(name, traces[i].function) == 0;
}

void program_look_inside(struct program *program) {
    int fd = open(program_runs(program), O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    elf_each_symbol(fd, program__note_symbol, program);
    for (unsigned i = 0; i < ADAPTER_COUNT; i++) {
        struct program_library *library = &program->library[i];

        /* A program that uses the shared library may set this variable for it. */
        library->inside = library->inside || (!library->linked && elf_contains(fd, traces[i].text));
    }
    close(fd);
}

bool program_fits(const struct program *program, enum adapter adapter) {
    const struct program_library *library = program->library;

    return library[adapter].linked || (!library[ADAPTER_UV].linked && !library[ADAPTER_EVENT].linked);
}

const char *program_obstacle(const struct program *program) {
    if (program->rights != PROGRAM_RIGHTS_OWN)
        return "runs with another user's rights (setuid, setgid or file capabilities), so its loader ignores "
               "LD_PRELOAD";
    switch (program->kind) {
    case ELF_STATIC:
        return "is linked statically, so no library can be loaded into it";
    case ELF_FOREIGN:
        return "is built for another machine or word size than Ringback";
    case ELF_NONE:
    case ELF_DYNAMIC:
        break;
    }
    return program->foreign_libc ? "is built for another libc than Ringback" : NULL;
}

const char *program_remedy(const struct program *program) {
    switch (program->rights) {
    case PROGRAM_RIGHTS_SETUID:
    case PROGRAM_RIGHTS_SETGID:
        return "have it started as the user and group that it is to run as, by a service manager or sudo; or link it "
               "with -lringback-uv or -lringback-event";
    case PROGRAM_RIGHTS_CAPABILITIES:
        return "give it its capabilities when it is started instead (AmbientCapabilities= of systemd, capsh); or link "
               "it with -lringback-uv or -lringback-event";
    case PROGRAM_RIGHTS_OWN:
        break;
    }
    if (program->kind == ELF_STATIC)
        return "take a build that is linked dynamically, at least with libc";
    return "build Ringback for it, and start it with that build's own ringback";
}
