/* svg - what gnuplot writes, made a part of a document: without what only a file of its own needs, in the document's
 * colours and type, with nothing in it that another picture of the document has too. */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

#include <stdbool.h>
#include <stdio.h>

/* svg_write_shapes - the points' shapes, which all pictures of a document share. Once, before the first one.
 *   text  gnuplot's output */
void svg_write_shapes(FILE *out, const char *text);

/* svg_write - the first picture in text. Returns what comes after it, NULL when there is none. */
const char *svg_write(FILE *out, const char *text);

#endif
