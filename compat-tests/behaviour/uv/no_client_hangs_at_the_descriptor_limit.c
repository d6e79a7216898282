/* Descriptors run out while clients wait. libuv accepts what it can, then gives up its spare descriptor to turn the
 * others away, so that none is left hanging; with room again, new clients are served. */
#include "check.h"
#include "net.h"
#include "uv_loop.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 12, ROOM = 4, LIMIT = 640 };

static int client[CLIENTS], filler[LIMIT], fillers;

static void leave_little_room(void) {
    for (fillers = 0; (filler[fillers] = dup(STDERR_FILENO)) >= 0; fillers++)
        continue;
    CHECK_INT(errno, EMFILE);
    for (int i = 0; i < ROOM; i++)
        net_close(filler[--fillers]);
}

/* Whether the client is served; otherwise it has been turned away. */
static bool is_served(uv_loop_t *loop, int fd) {
    char bytes[8];
    ssize_t got = send(fd, "hello", 5, MSG_NOSIGNAL);
    if (got == -1)
        return false;
    double start = check_now_ms();
    while ((got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) == -1 && errno == EAGAIN) {
        CHECK_SAY(check_now_ms() - start < check_scaled(3000), "a client is left hanging");
        uvl_run_for(loop, 1);
    }
    CHECK(got == 5 || got == 0 || (got == -1 && errno == ECONNRESET));
    return got == 5;
}

int main(void) {
    check_begin(10);
    struct rlimit limit;
    CHECK_FD(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = LIMIT;
    CHECK_FD(setrlimit(RLIMIT_NOFILE, &limit));
    uv_loop_t loop;
    uv_tcp_t listener;
    CHECK_UV(uv_loop_init(&loop));
    uint16_t port = uvl_listen(&loop, &listener, uvl_accept_echo);
    for (int i = 0; i < 3; i++) {
        int fd = net_connect(port);
        CHECK(is_served(&loop, fd));
        net_close(fd);
        uvl_run_for(&loop, 2);
    }
    for (int i = 0; i < CLIENTS; i++)
        client[i] = net_connect(port);
    leave_little_room();
    int served = 0;
    for (int i = 0; i < CLIENTS; i++)
        served += is_served(&loop, client[i]);
    /* Those that were accepted before the room got small may be served, too. */
    CHECK_SAY(served >= ROOM, "%d of %d clients were served", served, CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        net_close(client[i]);
    uvl_run_for(&loop, 5);
    while (fillers > 0)
        net_close(filler[--fillers]);
    for (int i = 0; i < CLIENTS; i++) {
        client[i] = net_connect(port);
        CHECK_SAY(is_served(&loop, client[i]), "with room again a client was turned away");
        net_close(client[i]);
    }
    uvl_run_for(&loop, 5);
    uvl_end(&loop);
    return check_passed();
}
