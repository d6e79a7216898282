/* draw_curve - see draw.h. */
#include "colour.h"
#include "draw.h"
#include "plot.h"
#include "words.h"

#include <math.h>

static const struct plot_size size = {.width = 268, .height = 200, .left = 54, .right = 20, .top = 26, .bottom = 28};

/* A share's place: as far to the right as it has nines, so that the slowest requests have room. */
static double place_of(double share) {
    return -log10(1 - share);
}

bool draw_known(double number) {
    return number >= 1e-4 && number <= 1e12;
}

bool draw_curve_known(const struct saved_row *row) {
    unsigned known = 0;
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        known += draw_known(row->latency_us[CONTEST_EPOLL][point]) && draw_known(row->latency_us[CONTEST_RING][point]);
    }
    return known >= 2;
}

/* The points that have a name of their own. */
static bool is_named(double share) {
    return fabs(share - 0.5) < 1e-9 || fabs(share - 0.9) < 1e-9 || fabs(share - 0.99) < 1e-9 ||
           fabs(share - 0.999) < 1e-9;
}

/* A side's curve, or of its points only those that have a name, with what a pointer on it is told. Returns whether
 * there is any. */
static bool write_points(struct page *page, const double *latency_us, enum contest_side side, bool named) {
    bool has_any = false;
    (void)fprintf(page->script, "$%s_%s << end_of_points\n", contest_side_name(side), named ? "named" : "all");
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        const double share = latency_share(point);
        char time[WORDS_MAX];
        char hint[2 * WORDS_MAX];
        if (!draw_known(latency_us[point]) || (named && !is_named(share))) {
            continue;
        }
        has_any = true;
        (void)snprintf(hint, sizeof(hint), "%s p%g: %s", words_side(side), share * 100,
                       words_time(time, latency_us[point]));
        (void)fprintf(page->script, "%.6f %.9g ", place_of(share), latency_us[point]);
        plot_text(page->script, hint);
        (void)fputc('\n', page->script);
    }
    (void)fputs("end_of_points\n", page->script);
    return has_any;
}

static const char *tic_of(char *out, double us) {
    static const struct {
        double from;
        const char *unit;
    } units[] = {{1e6, "s"}, {1e3, "ms"}, {1, "µs"}};
    int i = 0;
    while (i < 2 && us < units[i].from) {
        i++;
    }
    (void)snprintf(out, WORDS_MAX, "%g %s", us / units[i].from, units[i].unit);
    return out;
}

static void write_axes(struct page *page, const struct saved_row *row) {
    struct draw_range range = {NAN, NAN};
    double last = 0;
    char text[WORDS_MAX];
    for (unsigned point = 0; point < LATENCY_POINTS; point++) {
        for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
            const double us = row->latency_us[side][point];
            if (draw_known(us)) {
                range.min = fmin(range.min, us); /* passes a NAN over */
                range.max = fmax(range.max, us);
                last = fmax(last, place_of(latency_share(point)));
            }
        }
    }
    plot_log_tics(page->script, 'y', range.min / 1.1, range.max * 1.1, tic_of);
    (void)fputs("set title ", page->script);
    plot_text(page->script, words_load(text, row));
    (void)fprintf(page->script,
                  " offset 0,-0.6 textcolor rgb %u\n"
                  "set xrange [0:%.4f]\n"
                  "set xtics scale 0 (\"50%%%%\" %.4f, \"90%%%%\" 1, \"99%%%%\" 2, \"99.9%%%%\" 3) textcolor rgb %u\n"
                  "set grid xtics ytics lt 1 lw 1 lc rgb %u\n",
                  colour_number(COLOUR_INK), last, place_of(0.5), colour_number(COLOUR_MUTED),
                  colour_number(COLOUR_GRID));
}

void draw_curve(struct page *page, const struct saved_row *row) {
    static const struct {
        enum contest_side side;
        enum colour colour;
        const char *line;
        int shape;
    } looks[CONTEST_SIDES_MAX] = {{CONTEST_FLOOR, COLOUR_FLOOR, "lw 1.5 dashtype (1,2)", 12},
                                  {CONTEST_EPOLL, COLOUR_EPOLL, "lw 2 dashtype (6,3)", 6},
                                  {CONTEST_RING, COLOUR_RING, "lw 2", 7}};
    char text[WORDS_MAX];
    char label[2 * WORDS_MAX];
    bool known[CONTEST_SIDES_MAX];
    bool named[CONTEST_SIDES_MAX];
    (void)snprintf(label, sizeof(label), "%s: distribution of latencies", words_row(text, row));
    plot_begin(page->html, page->script, &size, label);
    write_axes(page, row);
    for (int side = 0; side < CONTEST_SIDES_MAX; side++) {
        known[side] = write_points(page, row->latency_us[side], (enum contest_side)side, false);
        named[side] = write_points(page, row->latency_us[side], (enum contest_side)side, true);
    }
    const char *comma = "plot";
    for (int i = 0; i < CONTEST_SIDES_MAX; i++) {
        const char *name = contest_side_name(looks[i].side);
        const unsigned colour = colour_number(looks[i].colour);
        if (known[looks[i].side]) {
            (void)fprintf(page->script, "%s $%s_all using 1:2 with lines %s lc rgb %u", comma, name, looks[i].line,
                          colour);
            comma = ",";
        }
        if (named[looks[i].side]) {
            (void)fprintf(page->script,
                          ", $%s_named using 1:2:3 with labels hypertext point pt %d ps 0.5 lw 1.5 lc rgb %u", name,
                          looks[i].shape, colour);
        }
    }
    (void)fputc('\n', page->script);
}
