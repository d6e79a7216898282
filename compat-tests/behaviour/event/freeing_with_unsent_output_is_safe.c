/* bufferevent_free while output is under way: the peer sees a true beginning and the end, referenced memory is given
 * back exactly once, and only when nobody reads it any more. */
#include "check.h"
#include "event_loop.h"
#include "net.h"
#include "pattern.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 4000000, SEED = 121 };

static char *bytes;
static unsigned given_back;

static void give_back(const void *data, size_t length, void *arg) {
    (void)arg;
    CHECK(data == bytes);
    CHECK_INT(length, SIZE);
    given_back++;
    memset(bytes, 0xbb, SIZE);
}

static uint64_t expect_beginning_and_end(int fd) {
    static char piece[65536];
    uint64_t total = 0;
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        CHECK_FD((int)got);
        if (got == 0)
            return total;
        pattern_check(SEED, total, piece, (size_t)got);
        total += (uint64_t)got;
    }
}

static void one(struct event_base *base, int turns) {
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    net_small_buffers(bufferevent_getfd(bev));
    net_small_buffers(peer);
    pattern_fill(SEED, 0, bytes, SIZE);
    given_back = 0;
    CHECK_INT(evbuffer_add_reference(bufferevent_get_output(bev), bytes, SIZE, give_back, NULL), 0);
    CHECK_INT(bufferevent_enable(bev, EV_READ | EV_WRITE), 0);
    for (int i = 0; i < turns; i++)
        evl_run_for(base, 1);
    CHECK_INT(given_back, 0);
    bufferevent_free(bev);
    evl_run_for(base, 5);
    uint64_t total = expect_beginning_and_end(peer);
    CHECK(total < SIZE);
    /* A zero-copy send is read by the kernel until the peer acknowledges, which it may put off for 40 ms. */
    for (int ms = 0; given_back == 0 && ms < check_scaled(2000); ms++)
        evl_run_for(base, 1);
    evl_run_for(base, 1);
    CHECK_INT(given_back, 1);
    net_close(peer);
}

int main(void) {
    check_begin(10);
    bytes = malloc(SIZE);
    CHECK(bytes);
    struct event_base *base = evl_base();
    for (int turns = 0; turns < 5; turns++)
        one(base, turns);
    evl_end(base);
    free(bytes);
    return check_passed();
}
