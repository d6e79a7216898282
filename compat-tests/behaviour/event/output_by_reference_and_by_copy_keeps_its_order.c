/* Output made of small copies, references, moved buffers and prepended bytes, added in several turns while sends are
 * under way: the peer gets exactly the concatenation, and the cleanup of each reference runs once, after its bytes are
 * out. */
#include "check.h"
#include "event_loop.h"
#include "net.h"
#include "pattern.h"

#include <pthread.h>
#include <stdlib.h>

enum { ROUNDS = 200, LARGEST = 30000, SEED = 131 };

static uint64_t added, random_state = SEED;
static unsigned references, cleanups;
static bool drained;

static void cleanup(const void *data, size_t length, void *arg) {
    (void)length, (void)arg;
    cleanups++;
    free((void *)(uintptr_t)data);
}

static void add_reference(struct evbuffer *output, size_t size) {
    char *bytes = malloc(size);
    CHECK(bytes);
    pattern_fill(SEED, added, bytes, size);
    CHECK_INT(evbuffer_add_reference(output, bytes, size, cleanup, NULL), 0);
    references++;
}

static void add_moved(struct evbuffer *output, size_t size) {
    struct evbuffer *other = evbuffer_new();
    CHECK(other);
    /* The second half first, then the first half in front of it. */
    size_t half = size / 2;
    evl_add_pattern(other, SEED, added + half, size - half);
    char *front = malloc(half + 1);
    CHECK(front);
    pattern_fill(SEED, added, front, half);
    CHECK_INT(evbuffer_prepend(other, front, half), 0);
    CHECK_INT(evbuffer_add_buffer(output, other), 0);
    free(front);
    evbuffer_free(other);
}

static void add_something(struct evbuffer *output) {
    size_t size = 1 + pattern_random(&random_state) % LARGEST;
    switch (pattern_random(&random_state) % 4) {
    case 0:
        add_reference(output, size);
        break;
    case 1:
        add_moved(output, size);
        break;
    case 2:
        size = 1 + size % 50;
        evl_add_pattern(output, SEED, added, size);
        break;
    default:
        evl_add_pattern(output, SEED, added, size);
    }
    added += size;
}

static uint64_t total(void) {
    uint64_t sum = 0, state = SEED;
    for (int i = 0; i < ROUNDS * 3; i++) {
        size_t size = 1 + pattern_random(&state) % LARGEST;
        sum += pattern_random(&state) % 4 == 2 ? 1 + size % 50 : size;
    }
    return sum;
}

static void *reader(void *arg) {
    net_receive_pattern(*(int *)arg, SEED, 0, total());
    return arg;
}

static void on_written(struct bufferevent *bev, void *arg) {
    (void)bev, (void)arg;
    drained = added == total();
}

int main(void) {
    check_begin(10);
    struct event_base *base = evl_base();
    int peer;
    struct bufferevent *bev = evl_tcp(base, 0, &peer);
    net_small_buffers(bufferevent_getfd(bev));
    bufferevent_setcb(bev, NULL, on_written, NULL, NULL);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, reader, &peer), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 3; i++)
            add_something(bufferevent_get_output(bev));
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        evl_run_until(base, &drained);
    CHECK_INT(pthread_join(thread, NULL), 0);
    /* A zero-copy send needs the memory until its bytes are acknowledged. */
    for (int i = 0; i < 400 && cleanups < references; i++)
        evl_run_for(base, 5);
    CHECK_INT(cleanups, references);
    bufferevent_free(bev);
    evl_run_for(base, 1);
    net_close(peer);
    evl_end(base);
    return check_passed();
}
