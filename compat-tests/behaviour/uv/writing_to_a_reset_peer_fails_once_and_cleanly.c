/* The peer resets while writes are queued: the first fails with ECONNRESET or EPIPE, every callback comes once, no
 * SIGPIPE ends the program, and the descriptor is given back. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <signal.h>
#include <stdlib.h>

enum { WRITES = 6, SIZE = 1500000 };

static unsigned failed, done;
static bool all_done;
static char bytes[SIZE];

static void wrote(uv_write_t *request, int status) {
    done++;
    if (status != 0) {
        CHECK_SAY(status == UV_ECONNRESET || status == UV_EPIPE || status == UV_ECANCELED, "%s", uv_strerror(status));
        failed++;
        if (!uv_is_closing((uv_handle_t *)request->handle))
            uv_close((uv_handle_t *)request->handle, NULL);
    }
    all_done = done == WRITES;
    free(request);
}

int main(void) {
    check_begin(10);
    /* libuv leaves SIGPIPE to the program; one that keeps the default would be ended by it on epoll too. */
    signal(SIGPIPE, SIG_IGN);
    uv_loop_t *loop = uv_default_loop();
    for (int round = 0; round < 4; round++) {
        uv_tcp_t stream;
        int peer = uvl_tcp(loop, &stream);
        failed = done = 0;
        all_done = false;
        for (int i = 0; i < WRITES; i++)
            uvl_write((uv_stream_t *)&stream, bytes, SIZE, wrote);
        if (round & 1)
            uvl_run_for(loop, 5);
        net_reset(peer);
        uvl_run_until(loop, &all_done);
        CHECK(failed > 0);
        uvl_run_for(loop, 1);
    }
    uvl_end(loop);
    return check_passed();
}
