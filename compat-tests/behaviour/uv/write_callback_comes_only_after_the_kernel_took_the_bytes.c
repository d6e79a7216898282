/* Guards the first promise: uv_write's callback means that the kernel has the bytes, never that somebody will send them
 * later. At each callback, what is reported as written must be found in the kernel or at the peer. The buffer is the
 * program's again in the callback and is overwritten there. */
#include "check.h"
#include "net.h"
#include "pattern.h"
#include "uv_loop.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRITES = 24, SIZE = 65536, SIP = 16384, SEED = 5 };

static uv_tcp_t stream;
static int peer, ours;
static char *buffer[WRITES];
static unsigned written;
static uint64_t received;
static bool done;

static void wrote(uv_write_t *request, int status) {
    CHECK_UV(status);
    int in_flight, waiting;
    CHECK_FD(ioctl(ours, SIOCOUTQ, &in_flight));
    CHECK_FD(ioctl(peer, FIONREAD, &waiting));
    memset(buffer[written], 0xff, SIZE);
    written++;
    uint64_t reported = (uint64_t)written * SIZE;
    uint64_t found = received + (uint64_t)in_flight + (uint64_t)waiting;
    CHECK_SAY(reported <= found, "%llu bytes reported as written, %llu are anywhere", (unsigned long long)reported,
              (unsigned long long)found);
    free(request);
}

static void sip(uv_timer_t *timer) {
    static char bytes[SIP];
    ssize_t got = recv(peer, bytes, SIP, MSG_DONTWAIT);
    if (got <= 0)
        return;
    pattern_check(SEED, received, bytes, (size_t)got);
    received += (uint64_t)got;
    if (received == (uint64_t)WRITES * SIZE) {
        done = true;
        uv_timer_stop(timer);
    }
}

int main(void) {
    check_begin(10);
    uv_loop_t *loop = uv_default_loop();
    peer = uvl_tcp(loop, &stream);
    CHECK_UV(uv_fileno((uv_handle_t *)&stream, &ours));
    net_small_buffers(ours);
    net_small_buffers(peer);
    for (unsigned i = 0; i < WRITES; i++) {
        buffer[i] = malloc(SIZE);
        CHECK(buffer[i]);
        pattern_fill(SEED, (uint64_t)i * SIZE, buffer[i], SIZE);
        uvl_write((uv_stream_t *)&stream, buffer[i], SIZE, wrote);
    }
    uvl_run_for(loop, 30);
    CHECK_SAY(written < WRITES, "everything is reported as written while nobody reads");
    uv_timer_t timer;
    CHECK_UV(uv_timer_init(loop, &timer));
    CHECK_UV(uv_timer_start(&timer, sip, 1, 1));
    uvl_run_until(loop, &done);
    uvl_run_for(loop, 5);
    CHECK_INT(written, WRITES);
    for (unsigned i = 0; i < WRITES; i++)
        free(buffer[i]);
    net_close(peer);
    uvl_end(loop);
    return check_passed();
}
