/* Looking for functions of the library that an adapter stands in front of. Compiled into each adapter: RTLD_NEXT means
 * "after the object that asks". */
#include <dlfcn.h>
#include <stddef.h>

#include "../backend.h"
#include "hooks.h"
#include "seam.h"

/* dlsym tells by its return address who asks. As the last call of this function it would be made by a jump, and the
 * address be in the core, which comes after libc: it would find nothing. */
static void *find_libc(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);

    __asm__ volatile("" : "+r"(function));
    return function;
}

void rb_hooks_attach(const char *adapter) {
    rb_seam_attach(adapter, find_libc);
}

/* In libc itself: what comes next in the search order may be another adapter that has not looked yet either. */
static void *find_in_libc(const char *name) {
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), *function = NULL;

    if (libc) {
        function = dlsym(libc, name);
        dlclose(libc);
    }
    return function;
}

void rb_hooks_look_up(void) {
    if (!rb_real.real__exit)
        rb_seam_look_up(find_in_libc);
}

void *rb_hooks_look(const char *name, const void *hook, const char *const *sonames) {
    void *function = dlsym(RTLD_NEXT, name);

    if (!function) {
        function = dlsym(RTLD_DEFAULT, name);
        if (function == hook)
            function = NULL;
    }
    /* A module that a program loaded brought the library along for itself alone (Python, Lua): it is in no search
     * order. */
    for (size_t i = 0; !function && sonames[i]; i++) {
        void *library = dlopen(sonames[i], RTLD_LAZY | RTLD_NOLOAD);

        if (library) {
            function = dlsym(library, name);
            dlclose(library);
        }
    }
    return function;
}

void *rb_hooks_find(const char *name, const void *hook, const char *const *sonames) {
    void *function = rb_hooks_look(name, hook, sonames);

    if (!function)
        rb_backend_missing(name);
    return function;
}
