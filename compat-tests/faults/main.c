/* faults - run a server again and again, each time with one fault at another point; it must serve its clients, end
 * well and leave nothing behind.
 *
 *   faults [--cache] [--every | --trials N] [--class NAME] [--effect TEXT] [--stock] [NAME=VALUE ...] server [argument
 * ...] faults [--cache] --point CLASS:N:EFFECT [NAME=VALUE ...] server [argument ...]
 *
 * Without --every, N trials are spread evenly over all points; always the same ones.
 */
#include "check.h"
#include "plan.h"
#include "scenario.h"
#include "trial.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_MAX = 16, CALM_RUNS = 3, BEYOND = 3, TRIALS = 100 };

static struct {
    bool every, stock;
    unsigned trials;
    enum point only;
    const char *effect, *point;
} options = {.trials = TRIALS, .only = POINT_COUNT};

static struct trial_setup setup;
static struct rest most;                                  /* what the server has at rest without a fault */
static unsigned points[POINT_COUNT], fewest[POINT_COUNT]; /* passed in a run without a fault, at most and at least */
static unsigned done, fired, failed;                      /* of this run */
static unsigned injected_at[POINT_COUNT];                 /* faults by class */

static bool read_options(int argc, char **argv) {
    static const struct option known[] = {
        {"cache", no_argument, NULL, 'm'},        {"every", no_argument, NULL, 'a'},
        {"trials", required_argument, NULL, 'n'}, {"class", required_argument, NULL, 'c'},
        {"effect", required_argument, NULL, 'e'}, {"stock", no_argument, NULL, 's'},
        {"point", required_argument, NULL, 'p'},  {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
        if (option == 'm')
            setup.cache = true;
        else if (option == 'a')
            options.every = true;
        else if (option == 'n')
            options.trials = (unsigned)atoi(optarg);
        else if (option == 'c')
            options.only = plan_point_named(optarg);
        else if (option == 'e')
            options.effect = optarg;
        else if (option == 's')
            options.stock = true;
        else if (option == 'p')
            options.point = optarg;
        else
            return false;
    }
    return options.trials > 0;
}

static void say_failure(const char *fault, const char *text) {
    printf("FAILED %s\n", fault);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        printf("    %.*s\n", (int)strcspn(line, "\n"), line);
    fflush(stdout);
}

/* Returns whether the fault was met. */
static bool try_point(enum point point, unsigned n, const char *effect, enum plan_loss loss) {
    static struct trial_result result;
    char fault[96];
    snprintf(fault, sizeof fault, "%s:%u:%s", plan_point_name(point), n, effect);
    trial_run(&result, &setup, fault, loss, &most);
    done++;
    fired += result.fired > 0;
    injected_at[point] += result.fired > 0;
    if (!result.passed) {
        failed++;
        say_failure(fault, result.text);
    }
    return result.fired > 0;
}

static bool learn_what_is_normal(void) {
    static struct trial_result result;
    for (unsigned i = 0; i < CALM_RUNS; i++) {
        trial_run(&result, &setup, NULL, PLAN_NONE, NULL);
        if (!result.passed) {
            say_failure("without a fault", result.text);
            return false;
        }
        for (unsigned p = 0; p < POINT_COUNT; p++) {
            points[p] = result.count[p] > points[p] ? result.count[p] : points[p];
            fewest[p] = i == 0 || result.count[p] < fewest[p] ? result.count[p] : fewest[p];
        }
        most.fds = result.rest.fds > most.fds ? result.rest.fds : most.fds;
        most.blocks = result.rest.blocks > most.blocks ? result.rest.blocks : most.blocks;
        most.maps = result.rest.maps > most.maps ? result.rest.maps : most.maps;
    }
    printf("points:");
    for (unsigned p = 0; p < POINT_COUNT; p++)
        printf(" %s %u", plan_point_name((enum point)p), points[p]);
    printf("; at rest %d descriptors, %d blocks, %d maps\n", most.fds, most.blocks, most.maps);
    return true;
}

static bool is_chosen(const struct plan_row *row) {
    if (setup.cache && row->loss == PLAN_PAUSE)
        return false;
    /* Forced, a server whose probe of the kernel fails does not start, as it should. */
    if (scenario_roomy && (row->point == POINT_SETUP || row->point == POINT_REGISTER || row->point == POINT_TRIAL))
        return false;
    if (row->point == POINT_ZEROCOPY && points[POINT_ZEROCOPY] == 0)
        return false;
    return (options.only == POINT_COUNT || row->point == options.only) &&
           (!options.effect || strcmp(options.effect, row->effect) == 0);
}

/* The first enter is the probe's. */
static unsigned first_of(const struct plan_row *row) {
    return scenario_roomy && row->point == POINT_ENTER ? 2 : 1;
}

/* Every point, and on until there is none any more: runs differ by a few. */
static void try_every(const struct plan_row *row) {
    unsigned before = fired, failures = failed;
    for (unsigned n = first_of(row), missed = 0; n <= points[row->point] || missed < BEYOND; n++)
        missed = try_point(row->point, n, row->effect, row->loss) ? 0 : missed + 1;
    printf("%-9s %-18s %5u faults, %u failed\n", plan_point_name(row->point), row->effect, fired - before,
           failed - failures);
    fflush(stdout);
}

static void try_some(const struct plan_row *rows, unsigned count) {
    unsigned total = 0, at = 0;
    for (unsigned i = 0; i < count; i++)
        total += is_chosen(&rows[i]) ? fewest[rows[i].point] : 0;
    unsigned step = total / options.trials + 1;
    for (unsigned i = 0; i < count; i++)
        for (unsigned n = first_of(&rows[i]); is_chosen(&rows[i]) && n <= fewest[rows[i].point]; n++)
            if (at++ % step == step / 2)
                try_point(rows[i].point, n, rows[i].effect, rows[i].loss);
}

static void try_one(const char *fault) {
    char name[96];
    unsigned n;
    int effect_at = 0;
    CHECK_SAY(sscanf(fault, "%95[a-z]:%u:%n", name, &n, &effect_at) == 2 && effect_at > 0, "no such point: %s", fault);
    enum point point = plan_point_named(name);
    CHECK_SAY(point != POINT_COUNT, "no such class: %s", name);
    try_point(point, n, fault + effect_at, plan_loss_of(point, fault + effect_at));
}

static int verdict(void) {
    printf("faults by class:");
    for (unsigned p = 0; p < POINT_COUNT; p++)
        printf(" %s %u", plan_point_name((enum point)p), injected_at[p]);
    printf("\n%u trials, %u faults injected, %u failed\n", done, fired, failed);
    trial_end();
    if (failed > 0)
        return 1;
    CHECK_SAY(options.every || fired * 10 >= done * 6, "few of the faults were met: this run proves little");
    return check_passed();
}

int main(int argc, char **argv) {
    char *settings[SETTINGS_MAX + 1] = {NULL};
    unsigned count;
    if (!read_options(argc, argv))
        return 2;
    check_begin(options.every ? 24 * 3600 : 600);
    check_expect_any();
    for (int i = 0; optind < argc && strchr(argv[optind], '=') && argv[optind][0] != '/'; i++) {
        CHECK(i < SETTINGS_MAX);
        scenario_roomy |= strcmp(argv[optind], "RINGBACK_ZEROCOPY=force") == 0;
        settings[i] = argv[optind++];
    }
    CHECK_SAY(optind < argc, "no server named");
    setup.settings = settings;
    setup.server = argv + optind;
    if (!learn_what_is_normal())
        return 1;
    if (options.stock) {
        trial_end();
        return check_passed();
    }
    CHECK_SAY(points[POINT_ENTER] > 0, "the injector is not in the server, or its loops run on epoll");
    const struct plan_row *rows = plan_rows(&count);
    if (options.point) {
        try_one(options.point);
    } else if (options.every) {
        for (unsigned i = 0; i < count; i++)
            if (is_chosen(&rows[i]))
                try_every(&rows[i]);
    } else {
        try_some(rows, count);
    }
    return verdict();
}
