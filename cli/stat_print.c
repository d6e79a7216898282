#include "stat_print.h"

#include <cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_out.h"

static const char *print__state_name(uint32_t state) {
    static const char *const names[] = {
        [RB_SLOT_FREE] = "free",   [RB_SLOT_PENDING] = "pending", [RB_SLOT_RING] = "ring",
        [RB_SLOT_EPOLL] = "epoll", [RB_SLOT_GONE] = "gone",       [RB_SLOT_RESTING] = "resting",
    };

    return state <= RB_SLOT_RESTING ? names[state] : "unknown";
}

static uint64_t print__count(const struct rb_stats_slot *slot, enum rb_counter counter) {
    return atomic_load_explicit(&slot->counter[counter], memory_order_relaxed);
}

bool stat_print_loop_used(const struct stat_page *page, unsigned number) {
    const struct rb_stats_slot *slot = &page->copy.loop[number];

    for (unsigned i = 0; i < page->counters; i++)
        if (print__count(slot, (enum rb_counter)i) != 0)
            return true;
    return atomic_load_explicit(&slot->state, memory_order_relaxed) != RB_SLOT_FREE;
}

const char *stat_print_carrier(const struct stat_page *page, unsigned slot) {
    const uint32_t state = atomic_load_explicit(&page->copy.loop[slot].state, memory_order_relaxed);

    /* Only counts of loops that are gone, handed on when their slots were taken again. */
    return state == RB_SLOT_FREE ? "earlier" : print__state_name(state);
}

const char *stat_print_cause(const struct stat_page *page, unsigned slot) {
    const struct rb_stats_slot *loop = &page->copy.loop[slot];
    const uint32_t state = atomic_load_explicit(&loop->state, memory_order_relaxed);
    const unsigned cause = atomic_load_explicit(&loop->cause, memory_order_relaxed);

    if ((state != RB_SLOT_EPOLL && state != RB_SLOT_RESTING) || cause == 0 || cause > page->fallbacks)
        return NULL;
    return rb_stats_fallback_info((enum rb_fallback)(cause - 1))->meaning;
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
        if (!stat_print_loop_used(page, i))
            continue;
        printf("  %4u %-8s %6d %8d", i, stat_print_carrier(page, i), atomic_load(&slot->epfd), atomic_load(&slot->tid));
        for (unsigned j = 0; j < COLUMN_COUNT; j++)
            printf(" %14llu", (unsigned long long)print__count(slot, columns[j]));
        putchar('\n');
        if (stat_print_cause(page, i) != NULL)
            printf("       %s\n", stat_print_cause(page, i));
    }
}

/* What carries the descriptors, each kind once; then one by one if that is asked for. */
static void print__fds(int pid, const struct stat_sample *sample, bool all) {
    struct stat_kind kinds[STAT_KINDS_MAX];
    const unsigned count = stat_fds_kinds(&sample->fds, kinds);
    struct stat_row *rows;

    if (sample->page.copy.fd_count == 0) {
        puts("\ndescriptors\n  this process does not show them");
        return;
    }
    rows = all ? stat_sample_rows(sample, NULL) : NULL;
    printf("\ndescriptors\n  %6s %-10s %-8s %s\n", "count", "carried by", "writes", "because");
    for (unsigned i = 0; i < count; i++) {
        const struct rb_name_meaning *why = rb_fdstate_why_info(kinds[i].why);
        printf("  %6u %-10s %-8s %s%s%s\n", kinds[i].count, rb_fdstate_way_info(kinds[i].way)->name,
               kinds[i].sends ? "ring" : "-", why->name, why->name[0] != '\0' ? ": " : "", why->meaning);
    }
    if (rows != NULL)
        printf("\n  %6s %4s %-10s %-8s %-14s %s\n", "fd", "loop", "carried by", "writes", "because", "what");
    for (unsigned i = 0; rows != NULL && i < sample->fds.count; i++) {
        const struct rb_fdstate *state = &rows[i].fd->state;
        char what[160];

        stat_sample_what(pid, &rows[i], false, what, sizeof(what));
        printf("  %6d %4u %-10s %-8s %-14s %s\n", rows[i].fd->fd, state->slot, rb_fdstate_way_info(state->way)->name,
               state->sends ? "ring" : "-", rb_fdstate_why_info(state->why)->name, what);
    }
    free(rows);
}

void stat_print_text(int pid, const struct stat_sample *sample, bool fds) {
    const struct stat_page *page = &sample->page;
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
    print__fds(pid, sample, fds);
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

        if (!stat_print_loop_used(page, i))
            continue;
        loop = cJSON_CreateObject();
        cJSON_AddNumberToObject(loop, "slot", i);
        cJSON_AddStringToObject(loop, "state", print__state_name(atomic_load(&slot->state)));
        if (stat_print_cause(page, i) != NULL)
            cJSON_AddStringToObject(loop, "why", stat_print_cause(page, i));
        cJSON_AddNumberToObject(loop, "epfd", atomic_load(&slot->epfd));
        cJSON_AddNumberToObject(loop, "tid", atomic_load(&slot->tid));
        for (unsigned j = 0; j < page->counters; j++)
            print__add_count(loop, rb_stats_counter_info((enum rb_counter)j)->name,
                             print__count(slot, (enum rb_counter)j));
        cJSON_AddItemToArray(loops, loop);
    }
}

static cJSON *print__carried(unsigned way, unsigned why, bool sends) {
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "way", rb_fdstate_way_info(way)->name);
    cJSON_AddStringToObject(object, "why", rb_fdstate_why_info(why)->name);
    cJSON_AddBoolToObject(object, "sends", sends);
    return object;
}

static void print__add_fds(cJSON *root, int pid, const struct stat_sample *sample, bool all) {
    struct stat_kind kinds[STAT_KINDS_MAX];
    const unsigned count = stat_fds_kinds(&sample->fds, kinds);
    cJSON *list = cJSON_AddArrayToObject(root, "descriptor_kinds");
    struct stat_row *rows = all ? stat_sample_rows(sample, NULL) : NULL;

    for (unsigned i = 0; i < count; i++) {
        cJSON *kind = print__carried(kinds[i].way, kinds[i].why, kinds[i].sends);
        cJSON_AddNumberToObject(kind, "count", kinds[i].count);
        cJSON_AddItemToArray(list, kind);
    }
    list = all ? cJSON_AddArrayToObject(root, "descriptors") : NULL;
    for (unsigned i = 0; rows != NULL && i < sample->fds.count; i++) {
        const struct rb_fdstate *state = &rows[i].fd->state;
        cJSON *fd = print__carried(state->way, state->why, state->sends);
        char what[160];

        stat_sample_what(pid, &rows[i], false, what, sizeof(what));
        cJSON_AddNumberToObject(fd, "fd", rows[i].fd->fd);
        cJSON_AddNumberToObject(fd, "slot", state->slot);
        cJSON_AddStringToObject(fd, "what", what);
        cJSON_AddItemToArray(list, fd);
    }
    free(rows);
}

/* Print a value and let go of it. */
static int print__json(cJSON *root, bool one_line) {
    int rc = one_line ? json_print_line(root, stdout) : json_print(root, stdout);

    cJSON_Delete(root);
    return rc;
}

int stat_print_json(int pid, const struct stat_sample *sample, bool fds, bool one_line) {
    const struct stat_page *page = &sample->page;
    cJSON *root = cJSON_CreateObject(), *fallbacks;

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
    print__add_fds(root, pid, sample, fds);
    return print__json(root, one_line);
}

int stat_print_processes_json(const struct stat_processes *processes) {
    cJSON *root = cJSON_CreateArray();

    for (unsigned i = 0; i < processes->count; i++) {
        cJSON *process = cJSON_CreateObject();

        cJSON_AddNumberToObject(process, "pid", processes->list[i].pid);
        cJSON_AddStringToObject(process, "program", processes->list[i].name);
        cJSON_AddStringToObject(process, "command", processes->list[i].command);
        cJSON_AddItemToArray(root, process);
    }
    return print__json(root, false);
}
