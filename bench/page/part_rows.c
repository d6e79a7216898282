/* part_rows - see part.h. */
#include "html.h"
#include "part.h"
#include "words.h"

#include <math.h>

static void write_number(FILE *out, const char *text) {
    html_element(out, "td", " class=\"number\"", text);
}

/* With the mark of doubt beside it: the notes are far away. */
static void write_name(FILE *out, const struct saved_row *row) {
    char text[WORDS_MAX];
    (void)fputs("<tr><th scope=\"row\">", out);
    words_html(out, words_row(text, row));
    (void)fprintf(out, "%s</th>", row->disturbed ? " ~" : "");
}

static void write_notes(FILE *out, const struct saved_row *row) {
    html_element(out, "td", " class=\"note\"", row->fault);
    (void)fputs("</tr>\n", out);
}

static void write_latency(struct page *page, const struct saved_row *row, enum saved_figure figure, const double *us) {
    char text[WORDS_MAX];
    for (int side = CONTEST_EPOLL; side <= CONTEST_RING; side++) {
        write_number(page->html, words_time(text, us[side]));
    }
    html_ratio(page->html, &row->ratio[figure], saved_fails(page->saved, row, figure));
}

static void write_row(struct page *page, const struct saved_row *row) {
    FILE *out = page->html;
    char text[WORDS_MAX];
    write_name(out, row);
    for (int side = CONTEST_EPOLL; side <= CONTEST_RING; side++) {
        write_number(out, words_number(text, row->requests_per_second[side]));
    }
    html_ratio(out, &row->ratio[SAVED_THROUGHPUT], saved_fails(page->saved, row, SAVED_THROUGHPUT));
    for (int side = CONTEST_EPOLL; side <= CONTEST_FLOOR; side++) {
        write_number(out, words_number(text, row->cpu_us[side]));
    }
    html_ratio(out, &row->ratio[SAVED_CPU], saved_fails(page->saved, row, SAVED_CPU));
    write_number(out, words_ratio(text, row->floor_factor.median));
    for (int side = CONTEST_EPOLL; side <= CONTEST_RING; side++) {
        write_number(out, words_number(text, row->syscalls[side]));
    }
    write_latency(page, row, SAVED_P50, row->p50_us);
    write_latency(page, row, SAVED_P99, row->p99_us);
    write_notes(out, row);
}

static void write_idle_row(struct page *page, const struct saved_row *row) {
    FILE *out = page->html;
    char text[WORDS_MAX];
    write_name(out, row);
    for (int side = CONTEST_EPOLL; side <= CONTEST_RING; side++) {
        write_number(out, words_ratio(text, row->idle_cpu_percent[side]));
    }
    for (int side = CONTEST_EPOLL; side <= CONTEST_RING; side++) {
        write_number(out, words_number(text, row->bytes_own[side]));
    }
    for (int side = CONTEST_EPOLL; side <= CONTEST_RING; side++) {
        write_number(out, words_number(text, row->bytes_kernel[side]));
    }
    write_number(out, words_number(text, row->bytes_beyond));
    write_notes(out, row);
}

/* Of those with traffic or of the idle ones: the judged rows, the worst first, then the others. */
static void write_rows(struct page *page, bool idle, void (*write)(struct page *, const struct saved_row *)) {
    const struct saved *saved = page->saved;
    for (size_t i = 0; i < saved->judged; i++) {
        const struct saved_row *row = &saved->row[saved->worst[i]];
        if (row->is_idle == idle) {
            write(page, row);
        }
    }
    for (size_t i = 0; i < saved->count; i++) {
        if (saved->row[i].is_floor && saved->row[i].is_idle == idle) {
            write(page, &saved->row[i]);
        }
    }
}

static bool has_rows(const struct saved *saved, bool idle) {
    bool has = false;
    for (size_t i = 0; i < saved->count; i++) {
        has = has || saved->row[i].is_idle == idle;
    }
    return has;
}

void part_rows(struct page *page) {
    (void)fputs("<section id=\"rows\">\n<h2>All rows</h2>\n", page->html);
    if (has_rows(page->saved, false)) {
        (void)fputs("<p>The worst ones first. “of limit” is the ring's CPU time over the hand-written server's.</p>\n"
                    "<div class=\"wide\"><table class=\"rows\">\n<thead>\n<tr><th rowspan=\"2\">row</th>"
                    "<th colspan=\"3\">requests per second</th><th colspan=\"5\">CPU per request, µs</th>"
                    "<th colspan=\"2\">system calls</th><th colspan=\"3\">latency p50</th>"
                    "<th colspan=\"3\">latency p99</th><th rowspan=\"2\"></th></tr>\n"
                    "<tr><th>epoll</th><th>ring</th><th>ratio</th><th>epoll</th><th>ring</th><th>limit</th>"
                    "<th>ratio</th><th>of limit</th><th>epoll</th><th>ring</th><th>epoll</th><th>ring</th>"
                    "<th>ratio</th><th>epoll</th><th>ring</th><th>ratio</th></tr>\n</thead>\n<tbody>\n",
                    page->html);
        write_rows(page, false, write_row);
        (void)fputs("</tbody>\n</table></div>\n", page->html);
    }
    if (has_rows(page->saved, true)) {
        (void)fputs(
            "<h3 id=\"idle\">Idle connections</h3>\n<p>Connections that were used and are silent: the server's "
            "CPU time, and memory for each connection.</p>\n<div class=\"wide\"><table class=\"rows\">\n<thead>\n"
            "<tr><th rowspan=\"2\">row</th><th colspan=\"2\">CPU, %</th><th colspan=\"2\">the server's bytes</th>"
            "<th colspan=\"2\">the kernel's bytes</th><th rowspan=\"2\">bytes beyond epoll's</th>"
            "<th rowspan=\"2\"></th></tr>\n<tr><th>epoll</th><th>ring</th><th>epoll</th><th>ring</th>"
            "<th>epoll</th><th>ring</th></tr>\n</thead>\n<tbody>\n",
            page->html);
        write_rows(page, true, write_idle_row);
        (void)fputs("</tbody>\n</table></div>\n", page->html);
    }
    (void)fputs("</section>\n", page->html);
}
