/* What programs may ask: see ringback.h. */
#include "ringback.h"

#include <errno.h>
#include <string.h>

#include "process.h"
#include "reactor.h"
#include "stats.h"

#define PUBLIC __attribute__((visibility("default")))

static struct rb_reactor *loop_of(int epfd) {
    struct rb_file *file = rb_file_find(epfd);

    return file ? atomic_load_explicit(&file->epoll, memory_order_acquire) : NULL;
}

PUBLIC const char *ringback_version(void) {
    return RINGBACK_VERSION;
}

PUBLIC int ringback_configure(const char *name, const char *value) {
    const int error = errno;
    int result = rb_process_configure(name, value ? value : "");

    errno = error;
    return result;
}

PUBLIC int ringback_loops(int *epfds, int max) {
    int count = 0;

    for (struct rb_reactor *r = rb_reactor_all(); r; r = r->next) {
        pthread_mutex_lock(&r->lock);
        if (r->state != RB_REACTOR_FREE) {
            if (count < max)
                epfds[count] = r->epfd;
            count++;
        }
        pthread_mutex_unlock(&r->lock);
    }
    return count;
}

PUBLIC int ringback_carrier(int epfd) {
    struct rb_reactor *r = loop_of(epfd);
    int carrier = RINGBACK_CARRIER_NONE;

    if (!r)
        return carrier;
    pthread_mutex_lock(&r->lock);
    switch (r->state) {
    case RB_REACTOR_FREE:
        break;
    case RB_REACTOR_PENDING:
        carrier = RINGBACK_CARRIER_PENDING;
        break;
    case RB_REACTOR_RING:
        carrier = RINGBACK_CARRIER_RING;
        break;
    case RB_REACTOR_RESTING:
    case RB_REACTOR_EPOLL:
        carrier = RINGBACK_CARRIER_EPOLL;
        break;
    }
    pthread_mutex_unlock(&r->lock);
    return carrier;
}

PUBLIC const char *ringback_why(int epfd) {
    struct rb_reactor *r = loop_of(epfd);

    if (epfd < 0)
        return rb_process.active ? rb_stats_page()->why : "RINGBACK=off";
    return r && (r->state == RB_REACTOR_EPOLL || r->state == RB_REACTOR_RESTING) ? r->why : "";
}

PUBLIC uint64_t ringback_counter(const char *name) {
    struct rb_stats_page *page = rb_stats_page();
    uint64_t sum = 0;

    for (int i = 0; i < RB_COUNTER_COUNT; i++) {
        if (strcmp(rb_stats_counter_info((enum rb_counter)i)->name, name) != 0)
            continue;
        for (int k = 0; k < RB_STATS_LOOPS; k++)
            sum += atomic_load_explicit(&page->loop[k].counter[i], memory_order_relaxed);
    }
    for (int i = 0; i < RB_FALLBACK_COUNT; i++)
        if (strcmp(rb_stats_fallback_info((enum rb_fallback)i)->name, name) == 0)
            sum += atomic_load_explicit(&page->fallback[i], memory_order_relaxed);
    return sum;
}
