/* page - the comparison as one HTML file that needs nothing else: its pictures, its style and its figures are in it. */
#ifndef BENCH_PAGE_H
#define BENCH_PAGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* page_possible - make the directory if there is none, and see whether the page could be made. Says why not on standard
 * error. */
bool page_possible(const char *directory);

/* page_make - write DIRECTORY/index.html from what report_object() or a file of it holds.
 *   name  what the object is called where something is wrong with it
 * Returns false, and has said why on standard error. */
bool page_make(const cJSON *object, const char *name, const char *directory);

/* page_make_from - likewise from a file. */
bool page_make_from(const char *file, const char *directory);

#endif
