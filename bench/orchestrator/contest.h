/* contest - what is compared with what: the programs, and the rows that the options ask for. */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "options.h"

#include <stddef.h>

enum contest_load { CONTEST_LOAD_ECHO, CONTEST_LOAD_KV, CONTEST_LOAD_WRK };
enum contest_adapter { CONTEST_ADAPTER_NONE, CONTEST_ADAPTER_UV, CONTEST_ADAPTER_EVENT };

/* One program, or for the floor a pair of them. */
struct contest {
    const char *name;
    const char *meaning;
    const char *program;      /* in the build's bin/, or a name found by PATH when it is not ours */
    const char *ring_program; /* NULL: the same program with the adapter preloaded */
    enum contest_adapter adapter;
    enum contest_load load;
};

/* What runs side by side in a row. The floor only where it says something: in echo rows of a program with an adapter.
 */
enum contest_side { CONTEST_EPOLL, CONTEST_RING, CONTEST_FLOOR };
enum { CONTEST_SIDES_MAX = 3 };

struct contest_row {
    const struct contest *contest;
    unsigned size; /* 0: the load has no size of its own */
    unsigned connections;
};

enum { CONTEST_ROWS_MAX = 512 };

/* contest_find - by name, NULL if there is none. Static. */
const struct contest *contest_find(const char *name);

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
