/* plot - see plot.h. */
#include "plot.h"
#include "child.h"
#include "svg.h"
#include "words.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A full sweep takes gnuplot a few seconds. */
enum { DRAWN_STEP = 1024 * 1024, DRAWN_MAX = 256 * 1024 * 1024, RUN_MS_MAX = 120000, END_MS_MAX = 5000 };

static const char marker[] = "<!--plot-->";

void plot_begin(FILE *html, FILE *script, const struct plot_size *size, const char *label) {
    (void)fputs("<div class=\"plot\" role=\"img\" aria-label=\"", html);
    words_html(html, label);
    (void)fprintf(html, "\">%s</div>\n", marker);
    (void)fprintf(script,
                  "reset\n"
                  "set encoding utf8\n"
                  "set terminal svg size %u,%u fixed noenhanced font 'sans-serif,12'\n"
                  "set lmargin at screen %.5f\n"
                  "set rmargin at screen %.5f\n"
                  "set tmargin at screen %.5f\n"
                  "set bmargin at screen %.5f\n"
                  "unset key\nunset border\nunset xtics\nunset ytics\n",
                  size->width, size->height, (double)size->left / size->width, 1 - (double)size->right / size->width,
                  1 - (double)size->top / size->height, (double)size->bottom / size->height);
}

void plot_text(FILE *script, const char *text) {
    (void)fputc('"', script);
    for (const char *c = text; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        const bool is_harmless = byte >= 0x80 || (byte >= ' ' && strchr("\"\\`'$@%{}<>&~", byte) == NULL);
        (void)fputc(is_harmless ? byte : '_', script);
    }
    (void)fputc('"', script);
}

void plot_colour(FILE *script, enum colour colour) {
    (void)fprintf(script, " lc rgb %u", colour_number(colour));
}

/* Round numbers within a decade, sparse ones first; 0 ends each. */
enum { TIC_SETS = 5, TICS_MAX = 10, TICS_WANTED = 3 };
#define LOG_SPAN_MIN 2.0
static const double tic_sets[TIC_SETS][TICS_MAX] = {
    {1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}, {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8}};

static unsigned count_tics(const double *set, double min, double max) {
    unsigned count = 0;
    for (int decade = (int)floor(log10(min)); decade <= (int)floor(log10(max)); decade++) {
        for (int i = 0; i < TICS_MAX && set[i] > 0; i++) {
            const double tic = set[i] * pow(10, decade);
            count += tic >= min && tic <= max;
        }
    }
    return count;
}

void plot_log_tics(FILE *script, char axis, double min, double max, const char *(*word)(char *out, double number)) {
    int which = 0;
    if (max / min < LOG_SPAN_MIN) { /* a difference of a few percent is to look like one */
        const double middle = sqrt(min * max);
        min = middle / sqrt(LOG_SPAN_MIN);
        max = middle * sqrt(LOG_SPAN_MIN);
    }
    while (which < TIC_SETS - 1 && count_tics(tic_sets[which], min, max) < TICS_WANTED) {
        which++;
    }
    (void)fprintf(script, "set logscale %c\nset %crange [%.9g:%.9g]\nset %ctics scale 0 (", axis, axis, min, max, axis);
    const char *comma = "";
    for (int decade = (int)floor(log10(min)); decade <= (int)floor(log10(max)); decade++) {
        for (int i = 0; i < TICS_MAX && tic_sets[which][i] > 0; i++) {
            const double tic = tic_sets[which][i] * pow(10, decade);
            char text[WORDS_MAX];
            if (tic >= min && tic <= max) {
                (void)fputs(comma, script);
                plot_text(script, word(text, tic));
                (void)fprintf(script, " %.9g", tic);
                comma = ", ";
            }
        }
    }
    (void)fprintf(script, ") textcolor rgb %u\n", colour_number(COLOUR_MUTED));
}

/* The script as a file without a name; the number of its descriptor, which children inherit, or -errno. */
static int script_file(const char *script, size_t length) {
    const int fd = memfd_create("gnuplot script", 0);
    size_t written = 0;
    while (fd >= 0 && written < length) {
        const ssize_t count = write(fd, script + written, length - written);
        if (count < 0) {
            const int error = -errno;
            (void)close(fd);
            return error;
        }
        written += (size_t)count;
    }
    return fd < 0 ? -errno : fd;
}

/* All that a child writes; NULL and *error when it does not end in time, or without memory. */
static char *read_all(const struct child *child, int *error) {
    char *text = NULL;
    size_t used = 0;
    *error = -EMSGSIZE; /* there is more */
    while (*error == -EMSGSIZE && used < DRAWN_MAX) {
        char *grown = realloc(text, used + DRAWN_STEP);
        if (grown == NULL) {
            *error = -ENOMEM;
            break;
        }
        text = grown;
        text[used] = '\0';
        *error = child_read(child, false, text + used, DRAWN_STEP, RUN_MS_MAX);
        used += strlen(text + used);
    }
    if (*error != 0) {
        free(text);
        return NULL;
    }
    return text;
}

char *plot_run(const char *script, size_t length, char error[PLOT_ERROR_MAX]) {
    error[0] = '\0';
    const int fd = script_file(script, length);
    if (fd < 0) {
        (void)snprintf(error, PLOT_ERROR_MAX, "cannot write gnuplot's script: %s", strerror(-fd));
        return NULL;
    }
    char path[64];
    char said[CHILD_SAID_MAX] = "";
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const char *const argv[] = {"gnuplot", "-d", path, NULL}; /* -d: nobody's own settings */
    struct child child;
    int failure = child_start(&child, argv, NULL, CHILD_CPU_ANY);
    char *drawn = NULL;
    if (failure == 0) {
        drawn = read_all(&child, &failure);
        const int status = failure == 0 ? child_wait(&child, said, END_MS_MAX) : child_stop(&child, said);
        failure = failure == 0 && status != 0 ? -EIO : failure;
    }
    (void)close(fd);
    if (failure != 0) {
        (void)snprintf(error, PLOT_ERROR_MAX, "gnuplot failed: %s",
                       said[0] != '\0'   ? said
                       : failure == -EIO ? "it ended badly and said nothing"
                                         : strerror(-failure));
        free(drawn);
        return NULL;
    }
    return drawn;
}

bool plot_place(FILE *out, const char *html, const char *drawn) {
    const char *place = NULL;
    while ((place = strstr(html, marker)) != NULL) {
        (void)fwrite(html, 1, (size_t)(place - html), out);
        drawn = svg_write(out, drawn);
        if (drawn == NULL) {
            return false;
        }
        html = place + strlen(marker);
    }
    (void)fputs(html, out);
    return true;
}
