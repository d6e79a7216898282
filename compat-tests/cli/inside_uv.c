/* A program that libuv is a part of. */
#include <uv.h>

int main(void) {
    return uv_run(uv_default_loop(), UV_RUN_NOWAIT);
}
