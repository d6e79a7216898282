/* libuv's loops. Their epoll descriptors are known by the seam; what only libuv's API tells is here. */
#include "backend.h"
#include "uv_real.h"

/* The program may wait for an answer by other means between two runs of the loop. */
RB_UV_HOOK int uv_run(uv_loop_t *loop, uv_run_mode mode) {
    static int (*_Atomic found)(uv_loop_t *, uv_run_mode);
    int (*real)(uv_loop_t *, uv_run_mode) = found;
    int result;

    if (!real)
        found = real = rb_uv_find("uv_run", (const void *)uv_run);
    result = real(loop, mode);
    rb_backend_ran();
    return result;
}

/* A program that asks for the loop's descriptor watches it with a poll of its own: then the kernel's epoll must know
 * everything, so it carries the loop. */
RB_UV_HOOK int uv_backend_fd(const uv_loop_t *loop) {
    static int (*_Atomic found)(const uv_loop_t *);
    int (*real)(const uv_loop_t *) = found;
    int fd;

    if (!real)
        found = real = rb_uv_find("uv_backend_fd", (const void *)uv_backend_fd);
    fd = real(loop);
    if (fd >= 0 && rb_backend_active())
        rb_backend_embedded(fd);
    return fd;
}
