#include "compare_ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stat_source.h"

/* Add one process's page. */
static void ring__add(struct compare_ring *ring, const struct stat_page *page) {
    ring->processes++;
    for (unsigned i = 0; i < page->loops; i++) {
        const uint32_t state = atomic_load_explicit(&page->copy.loop[i].state, memory_order_relaxed);

        ring->ring_loops += state == RB_SLOT_RING;
        ring->epoll_loops += state == RB_SLOT_EPOLL;
        ring->resting_loops += state == RB_SLOT_RESTING;
    }
    for (unsigned i = 0; i < page->counters; i++)
        ring->counter[i] += stat_page_total(page, (enum rb_counter)i);
    for (unsigned i = 0; i < page->fallbacks; i++)
        ring->fallback[i] += atomic_load_explicit(&page->copy.fallback[i], memory_order_relaxed);
    if (ring->why[0] == '\0' && page->copy.why[0] != '\0')
        snprintf(ring->why, sizeof(ring->why), "%s", page->copy.why);
}

/* Returns 0, or -errno with a sentence in why. */
static int ring__take_page(pid_t pid, struct stat_page *page, char *why) {
    struct stat_source source;
    int rc = stat_source_open(&source, (int)pid, why);

    if (rc != 0)
        return rc;
    rc = stat_source_take(&source, page, why);
    stat_source_close(&source);
    return rc;
}

void compare_ring_take(struct compare_ring *ring, const struct kept *server, const struct compare_ring *before) {
    static struct stat_page page;
    static pid_t pids[TREE_MAX];
    const size_t count = kept_pids(server, pids, TREE_MAX);
    char first[STAT_PAGE_WHY_MAX] = "", why[STAT_PAGE_WHY_MAX];

    *ring = (struct compare_ring){.why = ""};
    for (size_t i = 0; i < count; i++) {
        if (ring__take_page(pids[i], &page, why) == 0)
            ring__add(ring, &page);
        else if (first[0] == '\0')
            memcpy(first, why, sizeof(first));
    }
    ring->used = ring->counter[RB_COUNTER_ENTERS] > before->counter[RB_COUNTER_ENTERS];
    ring->rests = !ring->used && ring->resting_loops > 0 && ring->epoll_loops == 0;
    if (ring->used || ring->rests || ring->why[0] != '\0')
        return;
    if (ring->processes == 0)
        snprintf(ring->why, sizeof(ring->why), "%s", first);
    else if (ring->epoll_loops > 0)
        snprintf(ring->why, sizeof(ring->why), "all its loops run on epoll");
    else if (ring->ring_loops == 0)
        snprintf(ring->why, sizeof(ring->why), "the server has waited on no event loop that a ring could carry");
    else
        snprintf(ring->why, sizeof(ring->why), "the server has a ring, and did not enter it while the load ran");
}

void compare_ring_carried(const struct compare_ring *ring, char *text, size_t size) {
    static const struct {
        enum rb_counter counter;
        const char *name;
    } parts[] = {{RB_COUNTER_POLLS, "readiness"},
                 {RB_COUNTER_RECV_COMPLETIONS, "receives"},
                 {RB_COUNTER_SENDS, "sends"},
                 {RB_COUNTER_SENDS_ZC, "zero-copy sends"},
                 {RB_COUNTER_ACCEPTS, "accepts"}};
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (ring->counter[parts[i].counter] > 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", parts[i].name);
}
