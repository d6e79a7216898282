/* With more ready descriptors than room, each wait fills its room with different descriptors and the others come next:
 * a server with a small room must not serve the same connections for ever. */
#include "check.h"
#include "epoll_loop.h"
#include "net.h"

#include <string.h>

enum { PAIRS = 30, ROOM = 7, WAITS = 30 };

int main(void) {
    check_begin(10);
    int ep = epl_create(), ours[PAIRS], peer[PAIRS];
    unsigned seen[PAIRS] = {0};
    for (int i = 0; i < PAIRS; i++) {
        net_unix_pair(&ours[i], &peer[i]);
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i};
        CHECK_FD(epoll_ctl(ep, EPOLL_CTL_ADD, ours[i], &event));
        net_send_text(peer[i], "x");
    }
    for (int wait = 0; wait < WAITS; wait++) {
        struct epoll_event event[ROOM + 1];
        memset(event, 0x77, sizeof event);
        int count = CHECK_FD(epoll_wait(ep, event, ROOM, 1000));
        CHECK_INT(count, ROOM);
        CHECK_SAY(event[ROOM].events == 0x77777777u, "written beyond the caller's room");
        bool now[PAIRS] = {false};
        for (int i = 0; i < count; i++) {
            CHECK(event[i].data.u64 < PAIRS);
            CHECK_SAY(!now[event[i].data.u64], "one descriptor twice in one wait");
            now[event[i].data.u64] = true;
            seen[event[i].data.u64]++;
        }
    }
    /* A fair order gives 30 * 7 / 30 = 7 each. */
    for (int i = 0; i < PAIRS; i++)
        CHECK_SAY(seen[i] >= 4, "descriptor %d was reported %u times in %d waits", i, seen[i], WAITS);
    for (int i = 0; i < PAIRS; i++) {
        net_close(ours[i]);
        net_close(peer[i]);
    }
    net_close(ep);
    return check_passed();
}
