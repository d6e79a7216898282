/* draw_spreads - see draw.h. */
#include "colour.h"
#include "draw.h"
#include "plot.h"
#include "words.h"

#include <math.h>

enum { LINE_HEIGHT = 42, WIDTH = 880, LEFT = 326, RIGHT = 24, TOP = 4, BOTTOM = 28 };

/* Beyond these a spread says no more than that it is wide. */
static const struct draw_range widest = {0.25, 8};

/* Filled circle, diamond, triangles up and down; as gnuplot and as a text has them. */
static const int shapes[SAVED_FIGURES] = {7, 13, 9, 11};
static const char *const marks[SAVED_FIGURES] = {"●", "◆", "▲", "▼"};

static struct draw_range range_of(const struct saved *saved, const size_t *rows, size_t count) {
    struct draw_range range = {0.8, 1.25};
    for (size_t i = 0; i < count; i++) {
        const struct saved_row *row = &saved->row[rows[i]];
        for (int figure = 0; figure < SAVED_FIGURES; figure++) {
            if (row->judged[figure]) {
                range.min = fmin(range.min, row->ratio[figure].min / 1.03);
                range.max = fmax(range.max, row->ratio[figure].max * 1.03);
            }
        }
    }
    return (struct draw_range){fmax(range.min, widest.min), fmin(range.max, widest.max)};
}

static enum colour mark_of(double ratio) {
    const int step = colour_step(ratio);
    return step < COLOUR_STEPS_EACH_WAY ? COLOUR_LOSS : step > COLOUR_STEPS_EACH_WAY ? COLOUR_GAIN : COLOUR_MUTED;
}

/* Where a figure of a row is drawn: those that it is judged by are one above the other. */
static double line_of(const struct saved_row *row, enum saved_figure figure, size_t y) {
    unsigned judged = 0;
    unsigned before = 0;
    for (int i = 0; i < SAVED_FIGURES; i++) {
        judged += row->judged[i] ? 1U : 0U;
        before += row->judged[i] && i < (int)figure ? 1U : 0U;
    }
    return (double)y + (judged < 2 ? 0 : 0.4 * before / (judged - 1) - 0.2);
}

/* The points of one figure: place, line, ends of the spread, colour, and what a pointer on it is told. Returns whether
 * there is any. */
static bool write_points(struct page *page, const size_t *rows, size_t count, enum saved_figure figure,
                         struct draw_range range) {
    bool has_any = false;
    (void)fprintf(page->script, "$%s << end_of_points\n", saved_figure_name(figure));
    for (size_t i = 0; i < count; i++) {
        const struct saved_row *row = &page->saved->row[rows[i]];
        const struct spread *ratio = &row->ratio[figure];
        char text[2][WORDS_MAX];
        char hint[3 * WORDS_MAX];
        if (!row->judged[figure] || isnan(ratio->median)) {
            continue;
        }
        has_any = true;
        (void)snprintf(hint, sizeof(hint), "%s %s %s", words_figure(figure), words_ratio(text[0], ratio->median),
                       words_spread(text[1], ratio));
        (void)fprintf(page->script, "%.6g %.3f %.6g %.6g %u ", fmin(fmax(ratio->median, range.min), range.max),
                      line_of(row, figure, i), fmax(ratio->min, range.min), fmin(ratio->max, range.max),
                      colour_number(mark_of(ratio->median)));
        plot_text(page->script, hint);
        (void)fputc('\n', page->script);
    }
    (void)fputs("end_of_points\n", page->script);
    return has_any;
}

static const char *tic_of(char *out, double ratio) {
    (void)snprintf(out, WORDS_MAX, "%g", ratio);
    return out;
}

static void write_axis(struct page *page, size_t count, struct draw_range range) {
    plot_log_tics(page->script, 'x', range.min, range.max, tic_of);
    (void)fprintf(page->script,
                  "set yrange [%zu - 0.5:-0.5]\nset grid xtics lt 1 lw 1 lc rgb %u\n"
                  "set arrow 1 from 1, graph 0 to 1, graph 1 nohead lw 1.5 lc rgb %u\n"
                  "set arrow 2 from %.4f, graph 0 to %.4f, graph 1 nohead dashtype (4,3) lw 1.5 lc rgb %u\n",
                  count, colour_number(COLOUR_GRID), colour_number(COLOUR_INK), page->saved->ratio_min,
                  page->saved->ratio_min, colour_number(COLOUR_LOSS));
}

/* On the left of a row, `lines` above or below its middle. */
static void write_label(struct page *page, size_t y, double lines, enum colour colour, const char *text) {
    (void)fputs("set label ", page->script);
    plot_text(page->script, text);
    (void)fprintf(page->script, " at screen 0, first %.2f left textcolor rgb %u\n", (double)y + lines,
                  colour_number(colour));
}

/* A row's name, and the figures that it is judged by. */
static void write_name(struct page *page, const struct saved_row *row, size_t y) {
    char name[WORDS_MAX];
    char text[SAVED_FIGURES * 2 * WORDS_MAX] = "";
    size_t used = 0;
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        const struct spread *ratio = &row->ratio[figure];
        char median[WORDS_MAX];
        char spread[WORDS_MAX];
        if (row->judged[figure] && !isnan(ratio->median)) {
            const bool has_spread = words_spread(spread, ratio)[0] != '\0';
            used += (size_t)snprintf(text + used, sizeof(text) - used, has_spread ? "%s %s (%s)  " : "%s %s%s  ",
                                     marks[figure], words_ratio(median, ratio->median), spread);
        }
    }
    write_label(page, y, -0.2, COLOUR_INK, words_row(name, row));
    write_label(page, y, 0.2, COLOUR_MUTED, text);
}

void draw_spreads(struct page *page, const size_t *rows, size_t count) {
    const struct draw_range range = range_of(page->saved, rows, count);
    const struct plot_size size = {.width = WIDTH,
                                   .height = TOP + BOTTOM + LINE_HEIGHT * (unsigned)count,
                                   .left = LEFT,
                                   .right = RIGHT,
                                   .top = TOP,
                                   .bottom = BOTTOM};
    bool known[SAVED_FIGURES];
    plot_begin(page->html, page->script, &size, "the worst rows: each ratio with its spread");
    write_axis(page, count, range);
    for (size_t i = 0; i < count; i++) {
        write_name(page, &page->saved->row[rows[i]], i);
    }
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        known[figure] = write_points(page, rows, count, (enum saved_figure)figure, range);
    }
    const char *comma = "plot";
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        const char *name = saved_figure_name((enum saved_figure)figure);
        if (known[figure]) {
            (void)fprintf(page->script,
                          "%s $%s using 3:2:($4 - $3):(0):5 with vectors nohead lw 2 lc rgb variable, "
                          "$%s using 1:2:6:5 with labels hypertext point pt %d ps 0.8 lc rgb variable",
                          comma, name, name, shapes[figure]);
            comma = ",";
        }
    }
    (void)fputc('\n', page->script);
}
