/* draw_costs - see draw.h. */
#include "colour.h"
#include "draw.h"
#include "plot.h"
#include "words.h"

#include <math.h>

enum { LINE_HEIGHT = 21, WIDTH = 430, LEFT = 100, RIGHT = 106, TOP = 8, BOTTOM = 26 };

static const double *costs_of(const struct saved_row *row, enum draw_cost cost) {
    return cost == DRAW_CPU ? row->cpu_us : row->syscalls;
}

static bool is_known(enum draw_cost cost, double number) {
    return draw_known(number) || (cost == DRAW_SYSCALLS && number >= 0 && number < 1);
}

struct draw_range draw_cost_range(const struct saved *saved, enum draw_cost cost, size_t begin, size_t end) {
    struct draw_range range = {NAN, NAN};
    for (size_t i = begin; i < end; i++) {
        for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
            const double number = costs_of(&saved->row[i], cost)[side];
            range.min = is_known(cost, number) ? fmin(range.min, number) : range.min; /* fmin passes a NAN over */
            range.max = is_known(cost, number) ? fmax(range.max, number) : range.max;
        }
    }
    return range;
}

static const char *word_of(char *out, double number) {
    (void)snprintf(out, WORDS_MAX, "%g", number);
    return out;
}

/* CPU time by its logarithm, for it spans orders of magnitude; system calls from zero, for there may be none. */
static void write_axis(struct page *page, enum draw_cost cost, struct draw_range range) {
    if (cost == DRAW_CPU) {
        plot_log_tics(page->script, 'x', range.min / 1.15, range.max * 1.15, word_of);
    } else {
        (void)fprintf(page->script, "set xrange [%.9g:%.9g]\nset xtics scale 0 autofreq textcolor rgb %u\n",
                      -range.max / 40, range.max * 1.05, colour_number(COLOUR_MUTED));
    }
}

/* A side's points: place, line, and what a pointer on it is told. Returns whether there is any. */
static bool write_points(struct page *page, const struct saved_row *rows, size_t count, enum draw_cost cost,
                         enum contest_side side) {
    bool has_any = false;
    (void)fprintf(page->script, "$%s << end_of_points\n", contest_side_name(side));
    for (size_t i = 0; i < count; i++) {
        const double number = costs_of(&rows[i], cost)[side];
        char text[WORDS_MAX];
        char hint[2 * WORDS_MAX];
        if (!is_known(cost, number)) {
            continue;
        }
        has_any = true;
        (void)snprintf(hint, sizeof(hint), "%s %s", words_side(side), words_number(text, number));
        (void)fprintf(page->script, "%.9g %zu ", number, i);
        plot_text(page->script, hint);
        (void)fputc('\n', page->script);
    }
    (void)fputs("end_of_points\n", page->script);
    return has_any;
}

/* From epoll's points to the ring's. */
static void write_changes(struct page *page, const struct saved_row *rows, size_t count, enum draw_cost cost) {
    (void)fputs("$change << end_of_changes\n", page->script);
    for (size_t i = 0; i < count; i++) {
        const double *number = costs_of(&rows[i], cost);
        if (is_known(cost, number[CONTEST_EPOLL]) && is_known(cost, number[CONTEST_RING])) {
            (void)fprintf(page->script, "%.9g %zu %.9g\n", number[CONTEST_EPOLL], i,
                          number[CONTEST_RING] - number[CONTEST_EPOLL]);
        }
    }
    (void)fputs("end_of_changes\n", page->script);
}

static const char *change_of(char out[WORDS_MAX], const double *number) {
    char text[2][WORDS_MAX];
    (void)snprintf(out, WORDS_MAX, "%.40s → %.40s", words_number(text[0], number[CONTEST_EPOLL]),
                   words_number(text[1], number[CONTEST_RING]));
    return out;
}

/* Each line's name on its left, the figures on its right. */
static void write_names(struct page *page, const struct saved_group *group, enum draw_cost cost) {
    for (int is_right = 0; is_right < 2; is_right++) {
        (void)fprintf(page->script, "set %s scale 0 (", is_right ? "y2tics" : "ytics");
        for (size_t i = group->begin; i < group->end; i++) {
            const struct saved_row *row = &page->saved->row[i];
            char text[WORDS_MAX];
            (void)fputs(i == group->begin ? "" : ", ", page->script);
            plot_text(page->script, is_right ? change_of(text, costs_of(row, cost)) : words_load(text, row));
            (void)fprintf(page->script, " %zu", i - group->begin);
        }
        (void)fprintf(page->script, ") textcolor rgb %u\n", colour_number(COLOUR_INK));
    }
}

void draw_costs(struct page *page, const struct saved_group *group, enum draw_cost cost, struct draw_range range) {
    const size_t count = group->end - group->begin;
    const struct saved_row *rows = &page->saved->row[group->begin];
    char label[2 * WORDS_MAX];
    const struct plot_size size = {.width = WIDTH,
                                   .height = TOP + BOTTOM + LINE_HEIGHT * (unsigned)count,
                                   .left = LEFT,
                                   .right = RIGHT,
                                   .top = TOP,
                                   .bottom = BOTTOM};
    (void)snprintf(label, sizeof(label), "%.40s %.40s: %s per request on epoll, on the ring and hand-written",
                   rows->workload, rows->server, cost == DRAW_CPU ? "CPU time" : "system calls");
    plot_begin(page->html, page->script, &size, label);
    write_axis(page, cost, range);
    write_names(page, group, cost);
    write_changes(page, rows, count, cost);
    bool known[CONTEST_SIDES_MAX];
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        known[side] = write_points(page, rows, count, cost, (enum contest_side)side);
    }
    (void)fprintf(page->script,
                  "set yrange [%zu - 0.5:-0.5]\nset y2range [%zu - 0.5:-0.5]\nset grid xtics lt 1 lw 1 lc rgb %u\n"
                  "plot $change using 1:2:3:(0) with vectors nohead lw 2 lc rgb %u",
                  count, count, colour_number(COLOUR_GRID), colour_number(COLOUR_MUTED));
    if (known[CONTEST_FLOOR]) {
        (void)fprintf(page->script, ", $floor using 1:2:3 with labels hypertext point pt 12 ps 0.8 lw 1.5 lc rgb %u",
                      colour_number(COLOUR_FLOOR));
    }
    if (known[CONTEST_EPOLL]) {
        (void)fprintf(page->script,
                      ", $epoll using 1:2 with points pt 7 ps 0.6 lc rgb %u"
                      ", $epoll using 1:2:3 with labels hypertext point pt 6 ps 0.6 lw 2 lc rgb %u",
                      colour_number(COLOUR_GROUND), colour_number(COLOUR_EPOLL));
    }
    if (known[CONTEST_RING]) {
        (void)fprintf(page->script, ", $ring using 1:2:3 with labels hypertext point pt 7 ps 0.65 lc rgb %u",
                      colour_number(COLOUR_RING));
    }
    (void)fputc('\n', page->script);
}
