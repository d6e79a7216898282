#include <stdbool.h>
#include <stddef.h>

#include "backend.h"
#include "libc/hooks.h"
#include "uv_real.h"

static const char *const sonames[] = {"libuv.so.1", NULL};

void *rb_uv_find(const char *name, const void *hook) {
    return rb_hooks_find(name, hook, sonames);
}

bool rb_uv_has(const char *name) {
    return rb_hooks_look(name, NULL, sonames) != NULL;
}

bool rb_uv_known(void) {
    static _Atomic int known = -1;

    if (known < 0) {
        unsigned (*version)(void) = rb_uv_find("uv_version", NULL);
        size_t (*handle_size)(uv_handle_type) = rb_uv_find("uv_handle_size", NULL);
        size_t (*req_size)(uv_req_type) = rb_uv_find("uv_req_size", NULL);

        known = rb_backend_active() && version() >> 16 == UV_VERSION_MAJOR && handle_size(UV_TCP) == sizeof(uv_tcp_t) &&
                handle_size(UV_NAMED_PIPE) == sizeof(uv_pipe_t) && req_size(UV_WRITE) == sizeof(uv_write_t);
    }
    return known;
}

__attribute__((constructor)) static void attach(void) {
    rb_hooks_attach("uv");
}
