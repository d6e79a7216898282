/* Received bytes that enter an evbuffer by reference must stay what they are for as long as the program keeps them,
 * also when it keeps more than the ring has buffers while other connections go on receiving. */
#include "check.h"
#include "event_loop.h"
#include "net.h"

enum { KEEPERS = 4, PIECE = 2000, PIECES = 600, ROUNDS = 300 };

static void nothing(struct bufferevent *bev, void *arg) {
    (void)bev, (void)arg;
}

static void wait_for(struct event_base *base, struct bufferevent *bev, size_t length) {
    while (evbuffer_get_length(bufferevent_get_input(bev)) < length)
        CHECK_INT(event_base_loop(base, EVLOOP_ONCE), 0);
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    struct bufferevent *keeper[KEEPERS], *other;
    int peer[KEEPERS], other_peer;
    for (unsigned i = 0; i < KEEPERS; i++) {
        keeper[i] = evl_tcp(base, 0, &peer[i]);
        bufferevent_setcb(keeper[i], nothing, NULL, NULL, NULL);
        CHECK_INT(bufferevent_enable(keeper[i], EV_READ), 0);
    }
    other = evl_tcp(base, 0, &other_peer);
    CHECK_INT(bufferevent_enable(other, EV_READ), 0);

    for (unsigned piece = 0; piece < PIECES; piece++) {
        for (unsigned i = 0; i < KEEPERS; i++)
            net_send_pattern(peer[i], i, (uint64_t)piece * PIECE, PIECE);
        for (unsigned i = 0; i < KEEPERS; i++)
            wait_for(base, keeper[i], (size_t)(piece + 1) * PIECE);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        net_send_pattern(other_peer, 99, (uint64_t)round * PIECE, PIECE);
        wait_for(base, other, PIECE);
        evl_take(bufferevent_get_input(other), 99, (uint64_t)round * PIECE, PIECE);
    }
    for (unsigned i = 0; i < KEEPERS; i++) {
        evl_take(bufferevent_get_input(keeper[i]), i, 0, (size_t)PIECES * PIECE);
        bufferevent_free(keeper[i]);
        net_close(peer[i]);
    }
    bufferevent_free(other);
    net_close(other_peer);
    evl_end(base);
    return check_passed();
}
