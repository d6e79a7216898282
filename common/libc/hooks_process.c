/* Hooks of the calls that end the program, or this one. No logic here: see seam.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hooks.h"
#include "seam.h"

#define HOOK __attribute__((visibility("default")))

HOOK void _exit(int status) {
    rb_seam_leaving(true);
    if (rb_real.real__exit)
        rb_real.real__exit(status);
    for (;;)
        rb_real.syscall((long)SYS_exit_group, (long)status);
}

HOOK void _Exit(int status) {
    _exit(status);
}

HOOK void quick_exit(int status) {
    rb_hooks_look_up();
    rb_seam_leaving(true);
    rb_real.real_quick_exit(status);
    abort();
}

HOOK int execve(const char *path, char *const argv[], char *const envp[]) {
    rb_seam_leaving(false);
    return rb_real.execve(path, argv, envp);
}

HOOK int execvpe(const char *file, char *const argv[], char *const envp[]) {
    rb_hooks_look_up(); /* the bare system call would not search */
    rb_seam_leaving(false);
    return rb_real.execvpe(file, argv, envp);
}

HOOK int fexecve(int fd, char *const argv[], char *const envp[]) {
    rb_seam_leaving(false);
    return rb_real.fexecve(fd, argv, envp);
}

HOOK int execv(const char *path, char *const argv[]) {
    return execve(path, argv, environ);
}

HOOK int execvp(const char *file, char *const argv[]) {
    return execvpe(file, argv, environ);
}

/* The list forms carry any number of arguments, with or without an environment behind the NULL. */
enum exec_form { EXEC_PATH, EXEC_SEARCH, EXEC_ENVIRONMENT };

/* On the stack, as libc does it: these may be called in a signal handler, and by a vfork child, whose heap is its
 * parent's. Returns only after a failure. */
static void exec_list(enum exec_form form, const char *file, const char *first, va_list list) {
    char *const *envp = environ;
    va_list again;
    size_t count = 1, i = 0;
    char **argv;

    va_copy(again, list);
    for (const char *one = first; one; one = va_arg(again, const char *))
        count++;
    va_end(again);
    argv = __builtin_alloca(count * sizeof *argv);
    for (const char *one = first; one; one = va_arg(list, const char *))
        argv[i++] = (char *)one;
    argv[i] = NULL;
    if (form == EXEC_ENVIRONMENT)
        envp = va_arg(list, char *const *);
    if (form == EXEC_SEARCH)
        execvpe(file, argv, envp);
    else
        execve(file, argv, envp);
}

HOOK int execl(const char *path, const char *argument, ...) {
    va_list list;

    va_start(list, argument);
    exec_list(EXEC_PATH, path, argument, list);
    va_end(list);
    return -1;
}

HOOK int execlp(const char *file, const char *argument, ...) {
    va_list list;

    va_start(list, argument);
    exec_list(EXEC_SEARCH, file, argument, list);
    va_end(list);
    return -1;
}

HOOK int execle(const char *path, const char *argument, ...) {
    va_list list;

    va_start(list, argument);
    exec_list(EXEC_ENVIRONMENT, path, argument, list);
    va_end(list);
    return -1;
}
