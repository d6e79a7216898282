/* part_workloads - see part.h. */
#include "html.h"
#include "part.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So many curves of a group are there to be seen, those that are worst for the ring; the others can be unfolded. */
enum { CURVES_SHOWN = 4 };

static void write_heats(struct page *page, const struct saved_group *group) {
    const struct saved_row *first = &page->saved->row[group->begin];
    (void)fputs("<div class=\"pictures\">\n", page->html);
    for (int figure = 0; figure < SAVED_FIGURES; figure++) {
        if (first->judged[figure]) {
            (void)fputs("<figure>\n", page->html);
            html_element(page->html, "figcaption", "", words_figure((enum saved_figure)figure));
            draw_heat(page, group, (enum saved_figure)figure);
            (void)fputs("</figure>\n", page->html);
        }
    }
    (void)fputs("</div>\n", page->html);
}

/* CPU time on the workload's axis, so that its servers can be compared; system calls on an axis of their own. */
static void write_costs(struct page *page, const struct saved_group *group, const struct saved_group *workload) {
    const struct draw_range cpu = draw_cost_range(page->saved, DRAW_CPU, workload->begin, workload->end);
    const struct draw_range own = draw_cost_range(page->saved, DRAW_CPU, group->begin, group->end);
    const struct draw_range calls = draw_cost_range(page->saved, DRAW_SYSCALLS, group->begin, group->end);
    (void)fputs("<div class=\"pictures\">\n", page->html);
    if (own.min > 0) {
        (void)fputs("<figure>\n<figcaption>CPU per request, µs <small>(log scale)</small></figcaption>\n", page->html);
        draw_costs(page, group, DRAW_CPU, cpu);
        (void)fputs("</figure>\n", page->html);
    }
    if (calls.max > 0) {
        (void)fputs("<figure>\n<figcaption>system calls per request</figcaption>\n", page->html);
        draw_costs(page, group, DRAW_SYSCALLS, calls);
        (void)fputs("</figure>\n", page->html);
    }
    (void)fputs("</div>\n", page->html);
}

struct tail {
    const struct saved_row *row;
    double ratio; /* of its p99 */
};

static int compare_tails(const void *left, const void *right) {
    const double l = ((const struct tail *)left)->ratio;
    const double r = ((const struct tail *)right)->ratio;
    return (l > r) - (l < r);
}

/* The rows that have a curve, the worst p99 first. Returns the caller's list, NULL without memory. */
static struct tail *sorted_tails(const struct saved *saved, const struct saved_group *group, size_t *count) {
    struct tail *tails = calloc(group->end - group->begin, sizeof(tails[0]));
    *count = 0;
    for (size_t i = group->begin; i < group->end && tails != NULL; i++) {
        const struct saved_row *row = &saved->row[i];
        const double ratio = row->ratio[SAVED_P99].median;
        if (draw_curve_known(row)) {
            tails[*count] = (struct tail){row, isnan(ratio) ? INFINITY : ratio};
            (*count)++;
        }
    }
    if (*count > 0) {
        qsort(tails, *count, sizeof(tails[0]), compare_tails);
    }
    return tails;
}

static void write_curves(struct page *page, const struct saved_group *group) {
    size_t count = 0;
    struct tail *tails = sorted_tails(page->saved, group, &count);
    if (count > 0) {
        (void)fprintf(page->html, "<h4>Latency by share of requests%s</h4>\n<div class=\"pictures\">\n",
                      count > 1 ? " <small>(the worst p99 ratio first)</small>" : "");
    }
    for (size_t i = 0; i < count; i++) {
        if (i == CURVES_SHOWN) {
            (void)fprintf(page->html, "</div>\n<details><summary>%zu more</summary>\n<div class=\"pictures\">\n",
                          count - i);
        }
        draw_curve(page, tails[i].row);
    }
    (void)fputs(count > 0 ? "</div>\n" : "", page->html);
    (void)fputs(count > CURVES_SHOWN ? "</details>\n" : "", page->html);
    free(tails);
}

static void write_group(struct page *page, const struct saved_group *group, const struct saved_group *workload) {
    const struct saved_row *first = &page->saved->row[group->begin];
    (void)fputs("<article id=\"", page->html);
    html_group_id(page->html, page->saved, group);
    (void)fputs("\">\n<h3>", page->html);
    words_html(page->html, first->server);
    (void)fputc(' ', page->html);
    html_element(page->html, "small", "", first->meaning);
    (void)fputs("</h3>\n", page->html);
    write_heats(page, group);
    write_costs(page, group, workload);
    write_curves(page, group);
    (void)fputs("</article>\n", page->html);
}

/* All rows of the workload that a group begins. */
static struct saved_group workload_of(const struct saved *saved, size_t group) {
    struct saved_group workload = saved->group[group];
    while (workload.end < saved->count &&
           strcmp(saved->row[workload.end].workload, saved->row[workload.begin].workload) == 0) {
        workload.end++;
    }
    return workload;
}

/* Idle rows have a table of their own, and no ratio to draw. */
void part_workloads(struct page *page) {
    const struct saved *saved = page->saved;
    (void)fputs("<div id=\"workloads\">\n", page->html);
    for (size_t i = 0; i < saved->groups;) {
        const struct saved_group workload = workload_of(saved, i);
        const struct saved_row *first = &saved->row[workload.begin];
        if (!first->is_idle) {
            (void)fputs("<section class=\"workload\">\n<h2>", page->html);
            words_html(page->html, first->workload);
            (void)fputc(' ', page->html);
            html_element(page->html, "small", "", first->workload_meaning);
            (void)fputs("</h2>\n", page->html);
        }
        for (; i < saved->groups && saved->group[i].begin < workload.end; i++) {
            if (!first->is_idle) {
                write_group(page, &saved->group[i], &workload);
            }
        }
        (void)fputs(first->is_idle ? "" : "</section>\n", page->html);
    }
    (void)fputs("</div>\n", page->html);
}
