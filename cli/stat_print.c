#include "stat_print.h"

#include <cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

static const char *print__state_name(uint32_t state) {
    static const char *const names[] = {
        [RB_SLOT_FREE] = "free",   [RB_SLOT_PENDING] = "pending", [RB_SLOT_RING] = "ring",
        [RB_SLOT_EPOLL] = "epoll", [RB_SLOT_GONE] = "gone",
    };

    return state <= RB_SLOT_GONE ? names[state] : "unknown";
}

static uint64_t print__count(const struct rb_stats_slot *slot, enum rb_counter counter) {
    return atomic_load_explicit(&slot->counter[counter], memory_order_relaxed);
}

static bool print__is_used(const struct stat_page *page, const struct rb_stats_slot *slot) {
    for (unsigned i = 0; i < page->counters; i++)
        if (print__count(slot, (enum rb_counter)i) != 0)
            return true;
    return atomic_load_explicit(&slot->state, memory_order_relaxed) != RB_SLOT_FREE;
}

static void print__loops(const struct stat_page *page) {
    static const enum rb_counter columns[] = {RB_COUNTER_TURNS, RB_COUNTER_ENTERS, RB_COUNTER_EVENTS,
                                              RB_COUNTER_BYTES_IN, RB_COUNTER_BYTES_OUT};
    enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

    printf("\nloops\n  %4s %-8s %6s %8s", "slot", "carrier", "epfd", "thread");
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        printf(" %14s", rb_stats_counter_info(columns[i])->name);
    putchar('\n');
    for (unsigned i = 0; i < page->loops; i++) {
        const struct rb_stats_slot *slot = &page->copy.loop[i];
        if (!print__is_used(page, slot))
            continue;
        /* Only counts of loops that are gone, handed on when their slots were taken again. */
        const bool remains = atomic_load(&slot->state) == RB_SLOT_FREE;
        printf("  %4u %-8s %6d %8d", i, remains ? "earlier" : print__state_name(atomic_load(&slot->state)),
               atomic_load(&slot->epfd), atomic_load(&slot->tid));
        for (unsigned j = 0; j < COLUMN_COUNT; j++)
            printf(" %14llu", (unsigned long long)print__count(slot, columns[j]));
        putchar('\n');
    }
}

void stat_print_text(int pid, const struct stat_page *page) {
    bool any = false;

    printf("process %d, Ringback %s, adapters: %s\n", pid, page->copy.version,
           page->copy.adapters[0] != '\0' ? page->copy.adapters : "none named");
    printf("settings: %s\n", page->copy.settings);
    if (page->copy.why[0] != '\0')
        printf("not on the ring: %s\n", page->copy.why);
    puts("\ntotals");
    for (unsigned i = 0; i < page->counters; i++)
        printf("  %-18s %16llu  %s\n", rb_stats_counter_info((enum rb_counter)i)->name,
               (unsigned long long)stat_page_total(page, (enum rb_counter)i),
               rb_stats_counter_info((enum rb_counter)i)->meaning);
    if (page->unnamed > 0)
        printf("  (%u counts of a newer version have no name here)\n", page->unnamed);
    puts("\nfallbacks");
    for (unsigned i = 0; i < page->fallbacks; i++) {
        uint64_t count = atomic_load(&page->copy.fallback[i]);
        if (count == 0)
            continue;
        any = true;
        printf("  %-18s %16llu  %s\n", rb_stats_fallback_info((enum rb_fallback)i)->name, (unsigned long long)count,
               rb_stats_fallback_info((enum rb_fallback)i)->meaning);
    }
    if (!any)
        puts("  none");
    print__loops(page);
}

/* cJSON holds numbers as double, which is not exact for byte counts beyond 2^53. */
static void print__add_count(cJSON *object, const char *name, uint64_t count) {
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)count);
    cJSON_AddRawToObject(object, name, text);
}

static void print__add_loops(cJSON *root, const struct stat_page *page) {
    cJSON *loops = cJSON_AddArrayToObject(root, "loops");

    for (unsigned i = 0; i < page->loops; i++) {
        const struct rb_stats_slot *slot = &page->copy.loop[i];
        cJSON *loop;

        if (!print__is_used(page, slot))
            continue;
        loop = cJSON_CreateObject();
        cJSON_AddNumberToObject(loop, "slot", i);
        cJSON_AddStringToObject(loop, "state", print__state_name(atomic_load(&slot->state)));
        cJSON_AddNumberToObject(loop, "epfd", atomic_load(&slot->epfd));
        cJSON_AddNumberToObject(loop, "tid", atomic_load(&slot->tid));
        for (unsigned j = 0; j < page->counters; j++)
            print__add_count(loop, rb_stats_counter_info((enum rb_counter)j)->name,
                             print__count(slot, (enum rb_counter)j));
        cJSON_AddItemToArray(loops, loop);
    }
}

int stat_print_json(int pid, const struct stat_page *page) {
    cJSON *root = cJSON_CreateObject(), *fallbacks;
    char *text;

    cJSON_AddNumberToObject(root, "pid", pid);
    cJSON_AddStringToObject(root, "version", page->copy.version);
    cJSON_AddStringToObject(root, "adapters", page->copy.adapters);
    cJSON_AddStringToObject(root, "settings", page->copy.settings);
    cJSON_AddStringToObject(root, "why", page->copy.why);
    for (unsigned i = 0; i < page->counters; i++)
        print__add_count(root, rb_stats_counter_info((enum rb_counter)i)->name,
                         stat_page_total(page, (enum rb_counter)i));
    fallbacks = cJSON_AddObjectToObject(root, "fallbacks");
    for (unsigned i = 0; i < page->fallbacks; i++)
        if (atomic_load(&page->copy.fallback[i]) != 0)
            print__add_count(fallbacks, rb_stats_fallback_info((enum rb_fallback)i)->name,
                             atomic_load(&page->copy.fallback[i]));
    print__add_loops(root, page);
    text = cJSON_Print(root);
    cJSON_Delete(root);
    if (text == NULL)
        return -ENOMEM;
    puts(text);
    cJSON_free(text);
    return 0;
}
