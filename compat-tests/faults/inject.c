#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
    enum point point;
    uint32_t first; /* 0: count only */
    bool on;        /* also at every later point */
    struct fault fault;
} plan = {.point = POINT_COUNT};

static struct fault_report nowhere, *report = &nowhere;

static const char *const names[POINT_COUNT] = {
#define POINT_NAME(id, name, meaning) name,
    POINT_LIST(POINT_NAME)
#undef POINT_NAME
};

static const char *const effects[] = {"none", "fail", "end", "once", "short", "partial", "late", "refuse"};

static _Noreturn void bad(const char *spec) {
    fprintf(stderr, "RB_FAULT=%s is not known\n", spec);
    abort();
}

static int find(const char *const *list, unsigned count, const char *word) {
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0)
            return (int)i;
    return -1;
}

/* A number, or the name of an errno. */
static int argument_of(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    if (*end == '\0')
        return (int)number;
    for (int error = 1; error < 256; error++)
        if (strerrorname_np(error) && strcmp(strerrorname_np(error), text) == 0)
            return error;
    bad(text);
}

static void read_plan(const char *spec) {
    char text[128], *word[4] = {NULL}, *rest = text;
    unsigned words = 0;

    snprintf(text, sizeof text, "%s", spec);
    if (text[0] != '\0' && text[strlen(text) - 1] == '+') {
        plan.on = true;
        text[strlen(text) - 1] = '\0';
    }
    while (words < 4 && rest)
        word[words++] = strsep(&rest, ":");
    if (words < 3 || rest)
        bad(spec);
    int point = find(names, POINT_COUNT, word[0]), effect = find(effects, sizeof effects / sizeof *effects, word[2]);
    if (point < 0 || effect <= 0 || atoi(word[1]) <= 0)
        bad(spec);
    plan.point = (enum point)point;
    plan.first = (uint32_t)atoi(word[1]);
    plan.fault = (struct fault){.effect = (enum effect)effect, .argument = words > 3 ? argument_of(word[3]) : 0};
}

/* Before the core's own constructors. */
__attribute__((constructor(101))) static void begin(void) {
    const char *path = getenv("RB_FAULT_REPORT"), *spec = getenv("RB_FAULT");
    if (path) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
            bad(path);
        close(fd);
        report = map;
    }
    if (spec)
        read_plan(spec);
}

struct fault inject_point(enum point point) {
    uint32_t n = atomic_fetch_add_explicit(&report->count[point], 1, memory_order_relaxed) + 1;
    if (point != plan.point || (plan.on ? n < plan.first : n != plan.first))
        return (struct fault){.effect = EFFECT_NONE};
    atomic_fetch_add_explicit(&report->fired, 1, memory_order_relaxed);
    return plan.fault;
}

void inject_undone(void) {
    atomic_fetch_sub_explicit(&report->fired, 1, memory_order_relaxed);
}

void inject_blocks(int more) {
    atomic_fetch_add_explicit(&report->blocks, more, memory_order_relaxed);
}

void inject_maps(int more) {
    atomic_fetch_add_explicit(&report->maps, more, memory_order_relaxed);
}
