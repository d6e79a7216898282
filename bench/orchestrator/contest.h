/* contest - what is compared with what: the programs, each with the workloads it is for, and the rows that the options
 * ask for. */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "options.h"
#include "plan.h"

#include <stdbool.h>
#include <stddef.h>

enum contest_adapter { CONTEST_ADAPTER_NONE, CONTEST_ADAPTER_UV, CONTEST_ADAPTER_EVENT };
enum contest_start { CONTEST_START_OWN, CONTEST_START_MEMCACHED };

/* One program, or for the floor a pair of them, under one workload. */
struct contest {
    enum plan_id plan;
    const char *name;
    const char *meaning;
    const char *program;      /* in the build's bin/, or a name found by PATH when it is not ours */
    const char *ring_program; /* NULL: the same program with the adapter preloaded */
    enum contest_adapter adapter;
    enum contest_start start;
    bool has_floor; /* the hand-written ring server can do the same */
    bool is_thin;   /* in --full, at fewer connection counts */
};

/* What runs side by side in a row. */
enum contest_side { CONTEST_EPOLL, CONTEST_RING, CONTEST_FLOOR };
enum { CONTEST_SIDES_MAX = 3 };

struct contest_row {
    const struct contest *contest;
    unsigned size; /* 0: the load has no size of its own */
    unsigned connections;
};

enum { CONTEST_ROWS_MAX = 512 };

/* contest_known - whether any contest has that name. */
bool contest_known(const char *name);

/* contest_plan - never NULL. Static. */
const struct plan *contest_plan(const struct contest *contest);

/* contest_sides - how many sides its rows have: CONTEST_EPOLL up to, and without, this. */
int contest_sides(const struct contest *contest);

/* contest_side_name - "epoll", "ring" or "floor". Static. */
const char *contest_side_name(enum contest_side side);

/* contest_program - the file name of the program that runs on a side. Static. */
const char *contest_program(const struct contest *contest, enum contest_side side);

/* contest_names - all names, separated by ", ". Static. */
const char *contest_names(void);

/* contest_rows - the rows asked for. Returns how many, at most CONTEST_ROWS_MAX. */
size_t contest_rows(const struct options *options, struct contest_row *rows);

#endif
