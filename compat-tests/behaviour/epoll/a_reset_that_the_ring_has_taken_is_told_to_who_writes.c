/* A peer resets a connection that the ring receives ahead, and the program writes, or asks for SO_ERROR, before its
 * next turn: it is told of the reset, not that the pipe is broken, and no signal is raised. On kernels without
 * DEFER_TASKRUN the ring's receive takes the error out of the socket at any return from the kernel. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Once more as on such a kernel, with every stream on the ring. */
static void begin_again(char **arguments) {
    const char *masked = getenv("RINGBACK_DISABLE");
    char all[256];

    if (!check_has_ringback() || getenv("RB_AGAIN"))
        return;
    snprintf(all, sizeof all, "%s%sdefer_taskrun", masked ? masked : "", masked ? "," : "");
    setenv("RB_AGAIN", "1", 1);
    setenv("RINGBACK_STREAMS", "auto", 1);
    setenv("RINGBACK_DISABLE", all, 1);
    execv("/proc/self/exe", arguments);
    CHECK_SAY(false, "execv: %s", strerror(errno));
}

int main(int count, char **arguments) {
    int ours, peer, error = 0;
    socklen_t length = sizeof error;

    (void)count;
    begin_again(arguments);
    check_begin(10);
    int ep = epl_stream(&ours, &peer);
    net_reset(peer);
    check_sleep_ms(20);
    CHECK_ERRNO(write(ours, "x", 1), ECONNRESET);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(write(ours, "x", 1), EPIPE);
    signal(SIGPIPE, SIG_DFL);
    net_close(ep);
    net_close(ours);

    ep = epl_stream(&ours, &peer);
    net_reset(peer);
    check_sleep_ms(20);
    CHECK_INT(getsockopt(ours, SOL_SOCKET, SO_ERROR, &error, &length), 0);
    CHECK_INT(error, ECONNRESET);
    net_close(ep);
    net_close(ours);
    return check_passed();
}
