/* draw_heat - see draw.h. */
#include "colour.h"
#include "draw.h"
#include "plot.h"
#include "report.h"
#include "words.h"

#include <math.h>

enum { CELL_WIDTH = 70, CELL_HEIGHT = 44, LEFT = 60, RIGHT = 6, TOP = 46, BOTTOM = 6, VALUES_MAX = 64 };

/* The different sizes or connection counts of a group, in their order. */
struct values {
    unsigned count;
    unsigned value[VALUES_MAX];
};

static unsigned place_of(const struct values *values, unsigned value) {
    unsigned i = 0;
    while (i < values->count && values->value[i] < value) {
        i++;
    }
    return i;
}

static void add_value(struct values *values, unsigned value) {
    const unsigned place = place_of(values, value);
    const bool is_new = place == values->count || values->value[place] != value;
    if (is_new && values->count < VALUES_MAX) {
        for (unsigned i = values->count; i > place; i--) {
            values->value[i] = values->value[i - 1];
        }
        values->value[place] = value;
        values->count++;
    }
}

/* Place, colours, median and spread with their lines, and half the height of the frame if it has one. */
static void write_cell(struct page *page, const struct saved_row *row, enum saved_figure figure, unsigned x,
                       unsigned y) {
    const struct spread *ratio = &row->ratio[figure];
    const int step = colour_step(ratio->median);
    char median[WORDS_MAX];
    char spread[WORDS_MAX];
    (void)words_ratio(median, ratio->median);
    (void)words_spread(spread, ratio);
    (void)fprintf(page->script, "%u %u %u %u ", x, y, colour_number((enum colour)((int)COLOUR_STEP + step)),
                  colour_number((enum colour)((int)COLOUR_ON_STEP + step)));
    plot_text(page->script, isnan(ratio->median) ? "failed" : median);
    (void)fprintf(page->script, " %.2f ", spread[0] == '\0' ? y + 0.03 : y - 0.1);
    plot_text(page->script, spread[0] == '\0' ? " " : spread);
    (void)fprintf(page->script, " %.2f %s\n", y + 0.25, saved_fails(page->saved, row, figure) ? "0.44" : "NaN");
}

static void write_tics(struct page *page, const struct values *sizes, const struct values *connections) {
    char text[REPORT_SIZE_NAME_MAX];
    (void)fprintf(page->script, "set ytics scale 0 (");
    for (unsigned i = 0; i < sizes->count; i++) {
        (void)fputs(i == 0 ? "" : ", ", page->script);
        plot_text(page->script, sizes->value[i] == 0 ? " " : report_size_name(text, sizes->value[i]));
        (void)fprintf(page->script, " %u", i);
    }
    (void)fprintf(page->script, ") textcolor rgb %u\nset x2tics scale 0 (", colour_number(COLOUR_INK));
    for (unsigned i = 0; i < connections->count; i++) {
        (void)fprintf(page->script, "%s\"%u\" %u", i == 0 ? "" : ", ", connections->value[i], i);
    }
    (void)fprintf(page->script,
                  ") textcolor rgb %u offset 0,-0.4\n"
                  "set label 1 \"connections\" at screen %.5f, screen %.5f left textcolor rgb %u font ',11'\n",
                  colour_number(COLOUR_INK), (double)LEFT / (LEFT + RIGHT + CELL_WIDTH * connections->count),
                  1 - 9.0 / (TOP + BOTTOM + CELL_HEIGHT * sizes->count), colour_number(COLOUR_MUTED));
}

void draw_heat(struct page *page, const struct saved_group *group, enum saved_figure figure) {
    struct values sizes = {0};
    struct values connections = {0};
    char label[2 * WORDS_MAX];
    const struct saved_row *rows = page->saved->row;
    for (size_t i = group->begin; i < group->end; i++) {
        add_value(&sizes, rows[i].size);
        add_value(&connections, rows[i].connections);
    }
    const struct plot_size size = {.width = LEFT + RIGHT + CELL_WIDTH * connections.count,
                                   .height = TOP + BOTTOM + CELL_HEIGHT * sizes.count,
                                   .left = LEFT,
                                   .right = RIGHT,
                                   .top = TOP,
                                   .bottom = BOTTOM};
    (void)snprintf(label, sizeof(label), "%.40s %.40s: %s, ratio by size and connections", rows[group->begin].workload,
                   rows[group->begin].server, words_figure(figure));
    plot_begin(page->html, page->script, &size, label);
    write_tics(page, &sizes, &connections);
    (void)fputs("$cells << end_of_cells\n", page->script);
    for (size_t i = group->begin; i < group->end; i++) {
        write_cell(page, &rows[i], figure, place_of(&connections, rows[i].connections), place_of(&sizes, rows[i].size));
    }
    (void)fprintf(page->script,
                  "end_of_cells\n"
                  "set xrange [-0.5:%u - 0.5]\nset x2range [-0.5:%u - 0.5]\nset yrange [%u - 0.5:-0.5]\n"
                  "plot $cells using 1:2:(0.475):(0.455):3 with boxxyerror fill solid noborder lc rgb variable, "
                  "'' using 1:2:($9 + 0.02):9 with boxxyerror fill empty lc rgb %u lw 2, "
                  "'' using 1:6:5:4 with labels font ',14' tc rgb variable, "
                  "'' using 1:8:7:4 with labels font ',10' tc rgb variable\n",
                  connections.count, connections.count, sizes.count, colour_number(COLOUR_INK));
}
