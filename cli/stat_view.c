#include "stat_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "stat_print.h"

enum { NUMBER_MAX = 16, KINDS_SHOWN_MAX = 8, WIDE_COLUMNS = 110 };

/* Where a screen is being filled. */
struct page_writer {
    int left, columns; /* lines that may still be put */
    stat_view_put_fn *put;
    void *arg;
};

__attribute__((format(printf, 3, 4))) static void view__line(struct page_writer *writer, enum stat_look look,
                                                             const char *format, ...) {
    char line[STAT_VIEW_LINE_MAX];
    va_list args;

    if (writer->left <= 0)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (writer->columns < (int)sizeof(line))
        line[writer->columns] = '\0';
    writer->left--;
    writer->put(writer->arg, look, line);
}

/* 0.5, 12, 1.2k, 34.5M: four or five places at the most. */
static const char *view__number(double value, char *out) {
    static const char units[] = " kMGTPE";
    unsigned unit = 0;

    while (value >= 999.5 && units[unit + 1] != '\0') {
        value /= 1000;
        unit++;
    }
    if (unit == 0)
        snprintf(out, NUMBER_MAX, value > 0 && value < 9.95 ? "%.1f" : "%.0f", value);
    else
        snprintf(out, NUMBER_MAX, value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
    return out;
}

/* How fast a counter of a loop grew. A loop that took over a slot counts from nothing. */
static double view__rate(const struct stat_view *view, unsigned slot, enum rb_counter counter) {
    const struct rb_stats_slot *now = &view->now->page.copy.loop[slot], *before = &view->before->page.copy.loop[slot];
    const uint64_t count = atomic_load_explicit(&now->counter[counter], memory_order_relaxed);
    const bool same = atomic_load(&now->generation) == atomic_load(&before->generation);
    const uint64_t earlier = same ? atomic_load_explicit(&before->counter[counter], memory_order_relaxed) : 0;

    return count < earlier ? 0 : (double)(count - earlier) / (view->now->at_s - view->before->at_s);
}

/* What epoll does is counted by nobody. */
static bool view__has_rates(const struct stat_view *view, unsigned slot) {
    return view->before != NULL && view->now->at_s > view->before->at_s &&
           atomic_load(&view->now->page.copy.loop[slot].state) == RB_SLOT_RING;
}

static bool view__lives(const struct stat_page *page, unsigned slot) {
    const uint32_t state = atomic_load_explicit(&page->copy.loop[slot].state, memory_order_relaxed);

    return state != RB_SLOT_FREE && state != RB_SLOT_GONE;
}

static unsigned view__fds_of(const struct stat_view *view, unsigned slot) {
    unsigned count = 0;

    for (unsigned i = 0; i < view->now->fds.count; i++)
        count += view->now->fds.list[i].state.slot == slot;
    return count;
}

/* The rates that both forms show of a loop, in this order. */
static const struct {
    const char *head;
    int places;
    enum rb_counter counter;
} rates[] = {
    {"TURNS/s", 7, RB_COUNTER_TURNS},   {"EVENT/s", 7, RB_COUNTER_EVENTS},
    {"CALLS/s", 7, RB_COUNTER_ENTERS},  {"RECVS/s", 7, RB_COUNTER_RECV_COMPLETIONS},
    {"SENDS/s", 7, RB_COUNTER_SENDS},   {"IN/s", 6, RB_COUNTER_BYTES_IN},
    {"OUT/s", 6, RB_COUNTER_BYTES_OUT},
};

enum { RATE_COUNT = sizeof(rates) / sizeof(rates[0]) };

static void view__loop_head(char *out, size_t size) {
    int length = snprintf(out, size, "LOOP %-7s", "CARRIER");

    for (unsigned i = 0; i < RATE_COUNT; i++)
        length += snprintf(out + length, size - (size_t)length, " %*s", rates[i].places, rates[i].head);
    snprintf(out + length, size - (size_t)length, " %6s %6s %8s", "WATCH", "FDS", "THREAD");
}

static void view__loop(const struct stat_view *view, unsigned slot, char *out, size_t size) {
    const struct stat_page *page = &view->now->page;
    int length = snprintf(out, size, "%4u %-7s", slot, stat_print_carrier(page, slot));
    char number[NUMBER_MAX] = "-", watched[NUMBER_MAX] = "-";

    for (unsigned i = 0; i < RATE_COUNT; i++) {
        if (view__has_rates(view, slot))
            view__number(view__rate(view, slot, rates[i].counter), number);
        length += snprintf(out + length, size - (size_t)length, " %*s", rates[i].places, number);
    }
    if (view__has_rates(view, slot))
        snprintf(watched, sizeof(watched), "%.1f%%", view__rate(view, slot, RB_COUNTER_SPIN_NS) / 1e7);
    snprintf(out + length, size - (size_t)length, " %6s %6u %8d", watched, view__fds_of(view, slot),
             atomic_load(&page->copy.loop[slot].tid));
}

static void view__loops(const struct stat_view *view, struct page_writer *writer) {
    const struct stat_page *page = &view->now->page;
    const int most = writer->left / 3;
    char line[STAT_VIEW_LINE_MAX];
    unsigned left_out = 0;
    int shown = 0;

    view__loop_head(line, sizeof(line));
    view__line(writer, STAT_LOOK_HEAD, "%s", line);
    for (unsigned i = 0; i < page->loops; i++) {
        if (!view__lives(page, i))
            continue;
        if (shown++ >= most && shown > 1) {
            left_out++;
            continue;
        }
        view__loop(view, i, line, sizeof(line));
        view__line(writer, STAT_LOOK_PLAIN, "%s", line);
        if (stat_print_cause(page, i) != NULL)
            view__line(writer, STAT_LOOK_WARNING, "     %s", stat_print_cause(page, i));
    }
    if (shown == 0)
        view__line(writer, STAT_LOOK_DIM, "     no loop lives at present");
    if (left_out > 0)
        view__line(writer, STAT_LOOK_DIM, "     and %u more", left_out);
}

/* "name count (+rate)" of every fallback that there was. */
static void view__fallbacks(const struct stat_view *view, struct page_writer *writer) {
    const double seconds = view->before == NULL ? 0 : view->now->at_s - view->before->at_s;
    char line[STAT_VIEW_LINE_MAX] = "", total[NUMBER_MAX], rate[NUMBER_MAX];
    size_t length = 0;

    for (unsigned i = 0; i < view->now->page.fallbacks && length < sizeof(line) - 1; i++) {
        const uint64_t count = atomic_load(&view->now->page.copy.fallback[i]);
        const uint64_t earlier = view->before == NULL ? count : atomic_load(&view->before->page.copy.fallback[i]);
        const double grew = seconds > 0 && count > earlier ? (double)(count - earlier) / seconds : 0;

        if (count == 0)
            continue;
        length +=
            (size_t)snprintf(line + length, sizeof(line) - length, "%s%s %s", length == 0 ? "" : ", ",
                             rb_stats_fallback_info((enum rb_fallback)i)->name, view__number((double)count, total));
        if (grew > 0 && length < sizeof(line))
            length += (size_t)snprintf(line + length, sizeof(line) - length, " (+%s/s)", view__number(grew, rate));
    }
    view__line(writer, STAT_LOOK_PLAIN, "fallbacks: %s", line[0] != '\0' ? line : "none");
}

static enum stat_look view__look(unsigned way) {
    return way == RB_WAY_EPOLL ? STAT_LOOK_WARNING : STAT_LOOK_PLAIN;
}

static void view__kinds(const struct stat_view *view, struct page_writer *writer) {
    struct stat_kind kinds[STAT_KINDS_MAX];
    const unsigned count = stat_fds_kinds(&view->now->fds, kinds);

    if (view->now->page.copy.fd_count == 0) {
        view__line(writer, STAT_LOOK_DIM, "this process does not show its descriptors");
        return;
    }
    view__line(writer, STAT_LOOK_HEAD, "%7s %-10s %-6s %s", "FDS", "CARRIED BY", "WRITES", "BECAUSE");
    for (unsigned i = 0; i < count && i < KINDS_SHOWN_MAX; i++) {
        const struct rb_name_meaning *why = rb_fdstate_why_info(kinds[i].why);

        view__line(writer, view__look(kinds[i].way), "%7u %-10s %-6s %s%s%s", kinds[i].count,
                   rb_fdstate_way_info(kinds[i].way)->name, kinds[i].sends ? "ring" : "-", why->name,
                   why->name[0] != '\0' ? ": " : "", why->meaning);
    }
    if (count > KINDS_SHOWN_MAX)
        view__line(writer, STAT_LOOK_DIM, "        and %u kinds more", count - KINDS_SHOWN_MAX);
}

static void view__fd(const struct stat_view *view, const struct stat_row *row, struct page_writer *writer) {
    const struct rb_fdstate *state = &row->fd->state;
    char in[NUMBER_MAX] = "", out[NUMBER_MAX] = "", what[160];

    if (row->rated) {
        view__number(row->in_s, in);
        view__number(row->out_s, out);
    }
    stat_sample_what(view->pid, row, writer->columns < WIDE_COLUMNS, what, sizeof(what));
    view__line(writer, view__look(state->way), "%7d %4u %-10s %-6s %6s %6s %-13s %s", row->fd->fd, state->slot,
               rb_fdstate_way_info(state->way)->name, state->sends ? "ring" : "-", in, out,
               rb_fdstate_why_info(state->why)->name, what);
}

static void view__fds(const struct stat_view *view, struct page_writer *writer) {
    const unsigned count = view->now->fds.count;
    struct stat_row *rows;

    if (writer->left < 3 || count == 0)
        return;
    rows = stat_sample_rows(view->now, view->before);
    view__line(writer, STAT_LOOK_HEAD, "%7s %4s %-10s %-6s %6s %6s %-13s %s", "FD", "LOOP", "CARRIED BY", "WRITES",
               "IN/s", "OUT/s", "BECAUSE", "WHAT");
    for (unsigned i = 0; rows != NULL && i < count && writer->left > 0; i++) {
        if (writer->left == 1 && i + 1 < count)
            view__line(writer, STAT_LOOK_DIM, "        and %u more", count - i);
        else
            view__fd(view, &rows[i], writer);
    }
    free(rows);
}

/* Of the settings in force those that are not the default: the rest is known. */
static void view__settings(const struct stat_view *view, struct page_writer *writer) {
    char settings[sizeof(view->now->page.copy.settings)], line[STAT_VIEW_LINE_MAX] = "", text[256], *rest = NULL;
    static struct rb_config defaults;
    size_t length = 0;

    for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
        defaults.value[i] = rb_config_info((enum rb_setting)i)->fallback;
    snprintf(settings, sizeof(settings), "%s", view->now->page.copy.settings);
    for (char *word = strtok_r(settings, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        const size_t name_length = strcspn(word, "=");
        bool is_default = false;

        for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
            const char *name = rb_config_info((enum rb_setting)i)->name;

            if (strlen(name) == name_length && memcmp(name, word, name_length) == 0)
                is_default = strcmp(word + name_length + (word[name_length] == '='),
                                    rb_config_value_text(&defaults, (enum rb_setting)i, text, sizeof(text))) == 0;
        }
        if (!is_default && length < sizeof(line))
            length += (size_t)snprintf(line + length, sizeof(line) - length, " %s", word);
    }
    view__line(writer, STAT_LOOK_DIM, "settings:%s", line[0] != '\0' ? line : " all as by default");
}

void stat_view_screen(const struct stat_view *view, int lines, int columns_wide, stat_view_put_fn *put, void *arg) {
    const struct stat_page *page = &view->now->page;
    struct page_writer writer = {lines, columns_wide, put, arg};

    view__line(&writer, STAT_LOOK_TITLE, "%s (%d)  Ringback %s, %s  %s  every %.3g s, q quits", view->name, view->pid,
               page->copy.version, page->copy.adapters[0] != '\0' ? page->copy.adapters : "no adapter named",
               view->clock, view->interval_ms / 1000.0);
    view__settings(view, &writer);
    if (page->copy.why[0] != '\0')
        view__line(&writer, STAT_LOOK_WARNING, "not on the ring: %s", page->copy.why);
    view__fallbacks(view, &writer);
    view__loops(view, &writer);
    view__kinds(view, &writer);
    if (!view->sockets)
        view__line(&writer, STAT_LOOK_DIM, "the process's network may not be looked into: no addresses, no rates");
    view__fds(view, &writer);
}

void stat_view_log(const struct stat_view *view, bool head, stat_view_put_fn *put, void *arg) {
    char line[STAT_VIEW_LINE_MAX];
    struct page_writer writer = {RB_STATS_LOOPS + 2, STAT_VIEW_LINE_MAX, put, arg};

    if (head) {
        view__loop_head(line, sizeof(line));
        view__line(&writer, STAT_LOOK_HEAD, "%-8s %s", "TIME", line);
    }
    for (unsigned i = 0; i < view->now->page.loops; i++) {
        if (!view__lives(&view->now->page, i))
            continue;
        view__loop(view, i, line, sizeof(line));
        view__line(&writer, STAT_LOOK_PLAIN, "%-8s %s", view->clock, line);
    }
}
