/* plot - the page's pictures. gnuplot draws them all from one script; what it draws in takes its place in the document
 * by a marker for each, in the same order.
 *
 * Whatever comes from outside goes into the script by plot_text only: gnuplot can run commands.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include "colour.h"

#include <stdbool.h>
#include <stdio.h>

enum { PLOT_ERROR_MAX = 1024 };

struct plot_size {
    unsigned width; /* all in pixels of the picture's own scale */
    unsigned height;
    unsigned left; /* from the edge to the field that is drawn in */
    unsigned right;
    unsigned top;
    unsigned bottom;
};

/* plot_begin - the next picture: its marker into the document, its terminal and margins into the script. No border, no
 * key, no tics, the texts in COLOUR_INK.
 *   label  what it shows, for those who do not see it */
void plot_begin(FILE *html, FILE *script, const struct plot_size *size, const char *label);

/* plot_text - a text in quotation marks, with nothing in it that gnuplot would take for more than text. */
void plot_text(FILE *script, const char *text);

/* plot_log_tics - a logarithmic axis with tics at round numbers, from min to max, or more where these are close
 * together. axis  'x' or 'y' word  writes a number into out, WORDS_MAX bytes */
void plot_log_tics(FILE *script, char axis, double min, double max, const char *(*word)(char *out, double number));

/* plot_style - "lc rgb COLOUR" of that colour. */
void plot_colour(FILE *script, enum colour colour);

/* plot_run - draw. Returns what gnuplot wrote, the caller's to free, or NULL and in error why not. */
char *plot_run(const char *script, size_t length, char error[PLOT_ERROR_MAX]);

/* plot_place - the document with every marker replaced by its picture. Returns false when pictures are missing. */
bool plot_place(FILE *out, const char *html, const char *drawn);

#endif
