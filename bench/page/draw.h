/* draw - one kind of picture each: a marker into the document, lines into gnuplot's script. */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include "saved.h"

#include <stdio.h>

struct page {
    const struct saved *saved;
    FILE *html;
    FILE *script; /* of gnuplot */
};

/* draw_known - whether a number can be put on a logarithmic axis: it is one, and not beyond all measure. gnuplot would
 * pass such a point over, and breaks down over a plot of hints that has no point. */
bool draw_known(double number);

/* What a request costs the server. */
enum draw_cost { DRAW_CPU, DRAW_SYSCALLS };

/* The range of an axis that several pictures share. */
struct draw_range {
    double min;
    double max;
};

/* draw_heat - a ratio by size and connections: a cell for each row of a group, with the median and the spread in it. */
void draw_heat(struct page *page, const struct saved_group *group, enum saved_figure figure);

/* draw_cost_range - what the costs of several groups lie within. */
struct draw_range draw_cost_range(const struct saved *saved, enum draw_cost cost, size_t begin, size_t end);

/* draw_costs - a line for each row of a group: a point for each side, and the figures beside them. */
void draw_costs(struct page *page, const struct saved_group *group, enum draw_cost cost, struct draw_range range);

/* draw_curve - the distribution of a row's latencies, a curve for each side. */
void draw_curve(struct page *page, const struct saved_row *row);

/* draw_curve_known - whether there is anything to draw. */
bool draw_curve_known(const struct saved_row *row);

/* draw_spreads - a line for each of some rows: each ratio that it is judged by, with its spread. */
void draw_spreads(struct page *page, const size_t *rows, size_t count);

#endif
