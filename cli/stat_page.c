#include "stat_page.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ringback.h"

int stat_page_fail(char *why, int error, const char *format, ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(why, STAT_PAGE_WHY_MAX, format, args);
    va_end(args);
    return error;
}

/* Another program's bytes must not reach a terminal as control codes. */
static void page__clean(char *text, size_t size) {
    text[size - 1] = '\0';
    for (; *text != '\0'; text++)
        if (!isprint((unsigned char)*text))
            *text = '?';
}

/* Copy everything before the counters, once: what is checked must be what is used, and the writer may change its page
 * between two looks. */
static int page__copy_header(int pid, const struct rb_stats_page *shared, size_t size, struct rb_stats_page *copy,
                             char *why) {
    const size_t fixed = offsetof(struct rb_stats_page, loop);

    if (size < fixed)
        return stat_page_fail(why, -EPROTO, "the page of process %d is truncated: %zu bytes", pid, size);
    if (*(const volatile uint32_t *)&shared->magic != RB_STATS_MAGIC)
        return stat_page_fail(why, -EPROTO, "the page of process %d does not begin as Ringback's do", pid);
    atomic_thread_fence(memory_order_acquire);
    memcpy(copy, shared, offsetof(struct rb_stats_page, fallback));
    /* No look at the copy may be turned into a second look at the page. */
    atomic_signal_fence(memory_order_seq_cst);
    page__clean(copy->version, sizeof(copy->version));
    page__clean(copy->adapters, sizeof(copy->adapters));
    page__clean(copy->settings, sizeof(copy->settings));
    page__clean(copy->why, sizeof(copy->why));
    if (copy->size > size || copy->size < fixed + sizeof(struct rb_stats_slot))
        return stat_page_fail(why, -EPROTO, "the page of process %d is truncated: %zu bytes of %u", pid, size,
                              copy->size);
    if ((copy->size - fixed) % sizeof(struct rb_stats_slot) == 0 && copy->counter_count <= RB_STATS_ROOM &&
        copy->fallback_count <= RB_STATS_ROOM)
        return 0;
    return stat_page_fail(why, -EPROTO,
                          "the page of process %d was made by Ringback %s, which this ringback (" RINGBACK_VERSION
                          ") cannot read; use its own",
                          pid, copy->version);
}

static unsigned page__smaller(uint32_t a, unsigned b) {
    return a < b ? a : b;
}

static void page__copy_slot(struct rb_stats_slot *to, const struct rb_stats_slot *from) {
    atomic_store_explicit(&to->state, atomic_load_explicit(&from->state, memory_order_acquire), memory_order_relaxed);
    atomic_store_explicit(&to->epfd, atomic_load_explicit(&from->epfd, memory_order_relaxed), memory_order_relaxed);
    atomic_store_explicit(&to->tid, atomic_load_explicit(&from->tid, memory_order_relaxed), memory_order_relaxed);
    atomic_store_explicit(&to->generation, atomic_load_explicit(&from->generation, memory_order_relaxed),
                          memory_order_relaxed);
    atomic_store_explicit(&to->cause, atomic_load_explicit(&from->cause, memory_order_relaxed), memory_order_relaxed);
    for (unsigned i = 0; i < RB_STATS_ROOM; i++)
        atomic_store_explicit(&to->counter[i], atomic_load_explicit(&from->counter[i], memory_order_relaxed),
                              memory_order_relaxed);
}

int stat_page_take(int pid, const void *bytes, size_t size, struct stat_page *page, char *why) {
    const struct rb_stats_page *shared = bytes;
    struct rb_stats_page *copy = &page->copy;
    size_t slots;
    int rc;

    memset(page, 0, sizeof(*page));
    rc = page__copy_header(pid, shared, size, copy, why);
    if (rc != 0)
        return rc;
    slots = (copy->size - offsetof(struct rb_stats_page, loop)) / sizeof(struct rb_stats_slot);
    page->loops = page__smaller((uint32_t)slots, RB_STATS_LOOPS);
    page->counters = page__smaller(copy->counter_count, RB_COUNTER_COUNT);
    page->fallbacks = page__smaller(copy->fallback_count, RB_FALLBACK_COUNT);
    page->unnamed = copy->counter_count - page->counters + copy->fallback_count - page->fallbacks;
    /* Counter by counter: memcpy may move bytes, and a counter must be seen whole. */
    for (unsigned i = 0; i < RB_STATS_ROOM; i++)
        atomic_store_explicit(&copy->fallback[i], atomic_load_explicit(&shared->fallback[i], memory_order_relaxed),
                              memory_order_relaxed);
    for (unsigned i = 0; i < page->loops; i++)
        page__copy_slot(&copy->loop[i], &shared->loop[i]);
    return 0;
}

uint64_t stat_page_total(const struct stat_page *page, enum rb_counter counter) {
    uint64_t total = 0;

    for (unsigned i = 0; i < page->loops; i++)
        total += atomic_load_explicit(&page->copy.loop[i].counter[counter], memory_order_relaxed);
    return total;
}
