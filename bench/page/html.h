/* html - pieces of the document that several parts need. */
#ifndef BENCH_HTML_H
#define BENCH_HTML_H

#include "saved.h"

#include <stdbool.h>
#include <stdio.h>

/* html_element - an element around a text.
 *   attributes  "" or such as " class=\"row\"" */
void html_element(FILE *out, const char *name, const char *attributes, const char *text);

/* html_ratio - a table's cell with a ratio on its colour and its spread under it.
 *   fails  it is what its row does not pass for */
void html_ratio(FILE *out, const struct spread *ratio, bool fails);

/* html_group_id - where the pictures of a group are, or the table that has its rows; without the "#" of a link. */
void html_group_id(FILE *out, const struct saved *saved, const struct saved_group *group);

#endif
