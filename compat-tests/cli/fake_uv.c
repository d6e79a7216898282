/* A libuv that lacks most of what Ringback hooks, and lays its handles out otherwise. */
#define EXPORT __attribute__((visibility("default")))

EXPORT const char *uv_version_string(void);
EXPORT unsigned uv_version(void);
EXPORT unsigned long uv_handle_size(int type);
EXPORT unsigned long uv_req_size(int type);
EXPORT int uv_run(void *loop, int mode);

const char *uv_version_string(void) {
    return "1.99.0-fake";
}

unsigned uv_version(void) {
    return 1u << 16 | 99u << 8;
}

unsigned long uv_handle_size(int type) {
    (void)type;
    return 1;
}

unsigned long uv_req_size(int type) {
    (void)type;
    return 1;
}

int uv_run(void *loop, int mode) {
    (void)loop;
    return mode;
}
