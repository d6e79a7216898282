/* part_worst - see part.h. */
#include "html.h"
#include "part.h"
#include "words.h"

#include <math.h>

enum { WORST_ROWS = 12, FAULTS_SHOWN = 6 };

/* Rows that do not pass, each with why; the first ones to be seen, the others to be unfolded. */
static void write_faults(struct page *page) {
    const struct saved *saved = page->saved;
    char text[WORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < saved->judged; i++) {
        const struct saved_row *row = &saved->row[saved->worst[i]];
        if (row->fault[0] == '\0') {
            continue;
        }
        if (count == 0) {
            (void)fputs("<ul class=\"faults\">\n", page->html);
        } else if (count == FAULTS_SHOWN) {
            (void)fputs("</ul>\n<details><summary>more rows that do not pass</summary>\n<ul class=\"faults\">\n",
                        page->html);
        }
        count++;
        (void)fputs("<li>", page->html);
        html_element(page->html, "b", "", words_row(text, row));
        (void)fputs(": ", page->html);
        words_html(page->html, row->fault);
        (void)fputs("</li>\n", page->html);
    }
    (void)fputs(count == 0 ? "<p>Every row passes.</p>\n" : "</ul>\n", page->html);
    (void)fputs(count > FAULTS_SHOWN ? "</details>\n" : "", page->html);
}

void part_worst(struct page *page) {
    const struct saved *saved = page->saved;
    size_t rows[WORST_ROWS];
    size_t count = 0;
    (void)fputs("<section id=\"worst\">\n<h2>Worst rows first</h2>\n", page->html);
    write_faults(page);
    for (size_t i = 0; i < saved->judged && count < WORST_ROWS; i++) {
        if (!isnan(saved_worst_ratio(&saved->row[saved->worst[i]]))) {
            rows[count++] = saved->worst[i];
        }
    }
    if (count > 0) {
        (void)fprintf(page->html,
                      "<figure>\n<figcaption>The rows with the smallest ratios <small>(● throughput, ◆ CPU per "
                      "request, ▲ latency p50, ▼ latency p99, each with its spread; log scale; dotted: %.2f; right of "
                      "the line at 1 the ring is better)</small></figcaption>\n",
                      page->saved->ratio_min);
        draw_spreads(page, rows, count);
        (void)fputs("</figure>\n", page->html);
    }
    (void)fputs("</section>\n", page->html);
}
