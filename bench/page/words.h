/* words - how the page writes figures and names, and what HTML needs for that. */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include "saved.h"

#include <stdio.h>

enum { WORDS_MAX = 160 };

/* words_html - a text into a document, with what HTML would take for its own made harmless. */
void words_html(FILE *out, const char *text);

/* All of these write into out, WORDS_MAX bytes, and return it; "-" stands for what is not known. */

/* words_ratio - "1.41" */
const char *words_ratio(char out[WORDS_MAX], double ratio);

/* words_spread - "1.35..1.47"; "" where there is but one figure, or none */
const char *words_spread(char out[WORDS_MAX], const struct spread *spread);

/* words_number - a rate or a count in three digits or a few more: "82.7 k", "409", "6.46", "0.03" */
const char *words_number(char out[WORDS_MAX], double number);

/* words_time - "6.46 µs", "73.9 ms", "1.2 s" */
const char *words_time(char out[WORDS_MAX], double us);

/* words_load - what sets a row apart from its group: "16 KiB × 64", without a size "64 connections" */
const char *words_load(char out[WORDS_MAX], const struct saved_row *row);

/* words_row - "echo uv-echo 16 KiB × 64" */
const char *words_row(char out[WORDS_MAX], const struct saved_row *row);

/* These are static. */

/* words_figure - "throughput", "CPU per request", "latency p50", "latency p99" */
const char *words_figure(enum saved_figure figure);

/* words_side - "epoll", "ring", "hand-written" */
const char *words_side(enum contest_side side);

#endif
