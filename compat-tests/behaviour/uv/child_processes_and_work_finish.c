/* uv_spawn with its output in a pipe, and uv_queue_work: both end in the loop. The child must not inherit what keeps
 * our sockets alive. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <string.h>

static uv_pipe_t output;
static char said[64];
static bool exited, ended, worked;

static void on_exit(uv_process_t *process, int64_t status, int signal_number) {
    CHECK_INT(status, 3);
    CHECK_INT(signal_number, 0);
    uv_close((uv_handle_t *)process, NULL);
    exited = true;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    if (got == UV_EOF) {
        uv_close((uv_handle_t *)stream, NULL);
        ended = true;
        return;
    }
    CHECK_UV((int)got);
    strncat(said, buf->base, (size_t)got);
}

static void work(uv_work_t *request) {
    *(int *)request->data = 42;
}

static void after(uv_work_t *request, int status) {
    CHECK_UV(status);
    CHECK_INT(*(int *)request->data, 42);
    worked = true;
}

static void spawn(uv_loop_t *loop) {
    static uv_process_t process;
    char *argv[] = {"/bin/sh", "-c", "echo hello; exit 3", NULL};
    CHECK_UV(uv_pipe_init(loop, &output, 0));
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE}, {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&output}};
    uv_process_options_t options = {
        .file = argv[0], .args = argv, .stdio = stdio, .stdio_count = 2, .exit_cb = on_exit};
    CHECK_UV(uv_spawn(loop, &process, &options));
    CHECK_UV(uv_read_start((uv_stream_t *)&output, uvl_alloc, on_read));
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    uv_work_t request;
    int result = 0;
    request.data = &result;
    CHECK_UV(uv_queue_work(loop, &request, work, after));
    uvl_run_until(loop, &worked);
    for (int i = 0; i < 3; i++) {
        exited = ended = false;
        said[0] = '\0';
        spawn(loop);
        uvl_run_until(loop, &exited);
        uvl_run_until(loop, &ended);
        CHECK_SAY(strcmp(said, "hello\n") == 0, "the child said \"%s\"", said);
    }
    uvl_end(loop);
    return check_passed();
}
