/* part_glance - see part.h. */
#include "html.h"
#include "part.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>

/* A ratio's medians over the rows of a group: the middle one, the worst and the best. */
static struct spread medians_of(const struct saved *saved, const struct saved_group *group, enum saved_figure figure) {
    double *number = calloc(group->end - group->begin, sizeof(number[0]));
    unsigned count = 0;
    for (size_t i = group->begin; i < group->end && number != NULL; i++) {
        const double median = saved->row[i].ratio[figure].median;
        if (!isnan(median)) {
            number[count++] = median;
        }
    }
    const struct spread spread = spread_of_numbers(number, count);
    free(number);
    return spread;
}

static void write_group(struct page *page, const struct saved_group *group) {
    const struct saved *saved = page->saved;
    const struct saved_row *first = &saved->row[group->begin];
    size_t failed = 0;
    for (size_t i = group->begin; i < group->end; i++) {
        failed += saved->row[i].fault[0] != '\0';
    }
    (void)fputs("<tr><th scope=\"row\"><a href=\"#", page->html);
    html_group_id(page->html, saved, group);
    (void)fputs("\">", page->html);
    words_html(page->html, first->workload);
    (void)fputc(' ', page->html);
    words_html(page->html, first->server);
    (void)fputs("</a></th>", page->html);
    html_element(page->html, "td", "", first->meaning);
    (void)fprintf(page->html, "<td class=\"number\">%zu</td>", group->end - group->begin);
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        const struct spread spread = medians_of(saved, group, (enum saved_figure)figure);
        html_ratio(page->html, &spread, false);
    }
    if (first->is_floor) {
        (void)fputs("<td>not judged</td></tr>\n", page->html);
    } else if (failed > 0) {
        (void)fprintf(page->html, "<td><b class=\"fails\">%zu</b></td></tr>\n", failed);
    } else {
        (void)fputs("<td>-</td></tr>\n", page->html);
    }
}

void part_glance(struct page *page) {
    (void)fputs(
        "<section id=\"glance\">\n<h2>At a glance</h2>\n<p>Of each server's rows the median ratio, and the worst "
        "and the best one.</p>\n<div class=\"wide\"><table>\n<thead><tr><th>workload, server</th>"
        "<th>what it uses</th><th class=\"number\">rows</th><th>throughput</th><th>CPU per request</th>"
        "<th>latency p50</th><th>latency p99</th><th>failed</th></tr></thead>\n<tbody>\n",
        page->html);
    for (size_t i = 0; i < page->saved->groups; i++) {
        write_group(page, &page->saved->group[i]);
    }
    (void)fputs("</tbody>\n</table></div>\n</section>\n", page->html);
}
