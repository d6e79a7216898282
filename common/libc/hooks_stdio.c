/* stdio's calls that take a descriptor in or close one: libc makes the system calls for them past all hooks. Compiled
 * into each adapter, as hooks.c is. */
#include <stdio.h>

#include "hooks.h"
#include "seam.h"

#define HOOK __attribute__((visibility("default")))

HOOK FILE *fdopen(int fd, const char *mode) {
    rb_hooks_look_up();
    rb_seam_to_stdio(fd);
    return rb_real.real_fdopen(fd, mode);
}

HOOK int fclose(FILE *file) {
    rb_hooks_look_up();
    if (file)
        rb_seam_from_stdio(fileno_unlocked(file));
    return rb_real.real_fclose(file);
}

HOOK int pclose(FILE *file) {
    rb_hooks_look_up();
    if (file)
        rb_seam_from_stdio(fileno_unlocked(file));
    return rb_real.real_pclose(file);
}

HOOK FILE *freopen(const char *path, const char *mode, FILE *file) {
    rb_hooks_look_up();
    if (file)
        rb_seam_from_stdio(fileno_unlocked(file));
    return rb_real.real_freopen(path, mode, file);
}

HOOK FILE *freopen64(const char *path, const char *mode, FILE *file) {
    return freopen(path, mode, file);
}
