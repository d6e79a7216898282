/* part - the parts of the page, from top to bottom. */
#ifndef BENCH_PART_H
#define BENCH_PART_H

#include "draw.h"

/* part_head - what was found, in a few lines. */
void part_head(struct page *page);

/* part_reading - how to read the page. */
void part_reading(struct page *page);

/* part_worst - the rows with the smallest ratios. */
void part_worst(struct page *page);

/* part_glance - a line for each server under each workload. */
void part_glance(struct page *page);

/* part_workloads - the pictures. */
void part_workloads(struct page *page);

/* part_rows - every row's figures, the worst first. */
void part_rows(struct page *page);

/* part_machine - where and with what it was measured. */
void part_machine(struct page *page);

#endif
