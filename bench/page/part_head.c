/* part_head and part_reading - see part.h. */
#include "colour.h"
#include "html.h"
#include "part.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>

/* What a judged row has to say to the head, NAN if nothing. */
typedef double (*figure)(const struct saved_row *row);

static double throughput_of(const struct saved_row *row) {
    return row->ratio[SAVED_THROUGHPUT].median;
}

static double cpu_of(const struct saved_row *row) {
    return row->ratio[SAVED_CPU].median;
}

static double epoll_calls_of(const struct saved_row *row) {
    return row->syscalls[CONTEST_EPOLL];
}

static double ring_calls_of(const struct saved_row *row) {
    return row->syscalls[CONTEST_RING];
}

/* The median of all judged rows; NAN without any, or without memory. */
static double median_row(const struct saved *saved, figure of) {
    double *number = calloc(saved->judged + 1, sizeof(number[0]));
    unsigned count = 0;
    for (size_t i = 0; i < saved->judged && number != NULL; i++) {
        const double value = of(&saved->row[saved->worst[i]]);
        if (!isnan(value)) {
            number[count++] = value;
        }
    }
    const double median = spread_of_numbers(number, count).median;
    free(number);
    return median;
}

static void write_key(FILE *out, const char *number, const char *what) {
    (void)fputs("<li>", out);
    html_element(out, "b", "", number);
    (void)fputc(' ', out);
    html_element(out, "span", "", what);
    (void)fputs("</li>\n", out);
}

static void write_keys(struct page *page) {
    const struct saved *saved = page->saved;
    char text[2][WORDS_MAX];
    char calls[2 * WORDS_MAX];
    (void)fputs("<ul class=\"keys\">\n", page->html);
    write_key(page->html, words_ratio(text[0], median_row(saved, throughput_of)), "throughput, the median row");
    write_key(page->html, words_ratio(text[0], median_row(saved, cpu_of)), "CPU per request, the median row");
    (void)snprintf(calls, sizeof(calls), "%s → %s", words_number(text[0], median_row(saved, epoll_calls_of)),
                   words_number(text[1], median_row(saved, ring_calls_of)));
    write_key(page->html, calls, "system calls per request, the median row");
    if (saved->judged > 0) {
        const struct saved_row *row = &saved->row[saved->worst[0]];
        const double ratio = saved_worst_ratio(row);
        const bool has_failed = isnan(ratio) && row->fault[0] != '\0';
        (void)snprintf(calls, sizeof(calls), "the worst row: %s", words_row(text[1], row));
        write_key(page->html, has_failed ? "failed" : words_ratio(text[0], ratio), calls);
    }
    (void)fputs("</ul>\n", page->html);
}

static void write_verdict(struct page *page) {
    const struct saved *saved = page->saved;
    size_t failed = 0;
    size_t disturbed = 0;
    for (size_t i = 0; i < saved->count; i++) {
        failed += saved->row[i].fault[0] != '\0';
        disturbed += saved->row[i].disturbed;
    }
    (void)fprintf(page->html, "<p class=\"verdict\"><strong class=\"%s\">%s</strong> ", saved->passes ? "pass" : "fail",
                  saved->passes ? "PASS" : "FAIL");
    if (failed == 0) {
        (void)fprintf(page->html, "None of %zu rows is slower on the ring.", saved->judged);
    } else {
        (void)fprintf(page->html, "%zu of %zu rows do not pass: slower on the ring, or failed.", failed, saved->judged);
    }
    (void)fputs("</p>\n", page->html);
    if (disturbed > 0) {
        (void)fprintf(page->html,
                      "<p class=\"warning\">Other work on this machine disturbed %zu of %zu rows (marked ~): "
                      "their figures are doubtful.</p>\n",
                      disturbed, saved->count);
    }
}

void part_head(struct page *page) {
    const struct saved *saved = page->saved;
    char text[2 * WORDS_MAX];
    (void)fputs("<header>\n", page->html);
    const int settings = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(saved->object, "settings"));
    (void)snprintf(text, sizeof(text), "Ringback %.40s, %.40s, Linux %.60s%s", saved_text(saved, "ringback"),
                   saved_text(saved, "date"), saved_text(saved, "kernel"),
                   settings > 0 ? ", with settings that are not the defaults (below)" : "");
    html_element(page->html, "p", " class=\"over\"", text);
    (void)fputs("\n<h1>The same programs on epoll and on the ring</h1>\n", page->html);
    write_verdict(page);
    write_keys(page);
    (void)fputs("<nav><a href=\"#reading\">How to read it</a> <a href=\"#worst\">Worst rows</a> "
                "<a href=\"#glance\">At a glance</a> <a href=\"#workloads\">By workload</a> "
                "<a href=\"#rows\">All rows</a> <a href=\"#machine\">Machine</a></nav>\n</header>\n",
                page->html);
}

/* The colours of the ratios, with the ratio that each begins or ends at. */
static void write_scale(FILE *out) {
    char text[WORDS_MAX];
    (void)fputs("<ol class=\"scale\" aria-label=\"colours of the ratios\">", out);
    for (int step = 0; step < COLOUR_STEPS; step++) {
        const int gain = step - COLOUR_STEPS_EACH_WAY;
        if (gain < 0) {
            (void)snprintf(text, sizeof(text), "&lt; %.2f", 1 / colour_step_from(-gain));
        } else if (gain > 0) {
            (void)snprintf(text, sizeof(text), "&gt; %.2f", colour_step_from(gain));
        } else {
            (void)snprintf(text, sizeof(text), "equal");
        }
        (void)fprintf(out, "<li class=\"%s\">%s</li>", colour_step_name(step), text);
    }
    (void)fputs("</ol>\n", out);
}

void part_reading(struct page *page) {
    FILE *out = page->html;
    const double pairs = saved_number(page->saved, "pairs");
    const double window_ms = saved_number(page->saved, "window_ms");
    (void)fputs("<section id=\"reading\">\n<h2>How to read it</h2>\n", out);
    write_scale(out);
    (void)fprintf(out,
                  "<ul>\n<li>A row is one unmodified server under one load: <b>16 KiB × 64</b> is a request of 16 KiB "
                  "on each of 64 connections. It ran on epoll and on the ring in turns, %.0f ms each, %.0f time%s "
                  "(a row that looked slower on the ring as often again).</li>\n",
                  window_ms, pairs, pairs > 1 ? "s" : "");
    (void)fprintf(
        out,
        "<li>Every ratio is the median of the pairs, its spread (least..greatest) beside it. <b>Over 1 the "
        "ring is better</b>: more requests per second, less CPU time, less latency. %.2f and above counts as "
        "equal; a ratio below it that the row is judged by is a failure and has a "
        "<span class=\"fails\">frame</span>. Where the spread reaches across 1, the sign is not known.</li>\n",
        page->saved->ratio_min);
    (void)fputs(
        "<li><span class=\"mark epoll\">○ ╌</span> epoll, <span class=\"mark ring\">● ─</span> the ring, "
        "<span class=\"mark floor\">◇ ┈</span> a hand-written io_uring server: about the least that the work "
        "can cost. The rows “limit” compare that one with a hand-written epoll server; they are not judged.</li>\n"
        "<li>~ marks a row whose processors other work took for more than a tenth of the time: do not believe "
        "it.</li>\n</ul>\n</section>\n",
        out);
}
