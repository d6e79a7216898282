/* faulty - see faulty.h. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "faulty.h"
#include "net.h"

enum { CONNECTIONS_MAX = 16, CHUNK_MAX = 16384, FAULT_AT = 300000, LIMIT_S = 60 };

/* Echo one chunk; `before` bytes have been echoed by all connections so far. Returns false when the connection is to
 * be closed. */
static bool echo(int fd, const char *chunk, size_t size, uint64_t before, enum fault fault) {
    char copy[CHUNK_MAX + 1];
    size_t at = (size_t)(FAULT_AT - before);

    memcpy(copy, chunk, size);
    if (before <= FAULT_AT && before + size > FAULT_AT + 1) {
        switch (fault) {
        case FAULT_NONE:
            break;
        case FAULT_FLIP:
            copy[at] = (char)(copy[at] ^ 0x10);
            break;
        case FAULT_LOSE:
            memmove(copy + at, copy + at + 1, size - at - 1);
            size--;
            break;
        case FAULT_LOSE_LAST:
            size--;
            break;
        case FAULT_DOUBLE:
            memmove(copy + at + 1, copy + at, size - at);
            size++;
            break;
        case FAULT_SWAP:
            if (copy[at] == copy[at + 1])
                copy[at] = (char)(copy[at] + 1);
            else {
                copy[at] = chunk[at + 1];
                copy[at + 1] = chunk[at];
            }
            break;
        case FAULT_CLOSE:
            return false;
        }
    }
    net_send_all(fd, copy, size);
    return true;
}

static _Noreturn void serve(int listener, enum fault fault) {
    struct pollfd watch[1 + CONNECTIONS_MAX] = {{.fd = listener, .events = POLLIN}};
    char chunk[CHUNK_MAX];
    nfds_t count = 1;
    uint64_t echoed = 0;

    for (;;) {
        CHECK(poll(watch, count, -1) > 0);
        for (nfds_t i = 1; i < count; i++) {
            ssize_t size = watch[i].revents == 0 ? -1 : recv(watch[i].fd, chunk, sizeof(chunk), MSG_DONTWAIT);

            if (size == 0 || (size > 0 && !echo(watch[i].fd, chunk, (size_t)size, echoed, fault))) {
                close(watch[i].fd);
                watch[i].fd = -1; /* poll() passes it over */
            } else if (size > 0) {
                echoed += (uint64_t)size;
            }
        }
        if (watch[0].revents != 0 && count < 1 + CONNECTIONS_MAX) {
            watch[count] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
            count++;
        }
    }
}

pid_t faulty_start(enum fault fault, uint16_t *port) {
    int listener = net_listen(port);
    pid_t pid = fork();

    if (pid == 0) {
        check_child(LIMIT_S);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        serve(listener, fault);
    }
    net_close(listener);
    return CHECK_FD(pid);
}

void faulty_stop(pid_t pid) {
    CHECK_INT(kill(pid, SIGKILL), 0);
    CHECK_INT(waitpid(pid, NULL, 0), pid);
}
