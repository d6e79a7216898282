#include "compare_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "compare_ring.h"
#include "pin.h"

enum { NUMBER_MAX = 32, COLUMNS = 100, FALLBACKS_SHOWN = 3 };

/* How a line's numbers are written: all in the same unit. */
struct scale {
    double factor;
    const char *name;
};

static struct scale print__scale(enum compare_unit unit, double largest) {
    switch (unit) {
    case UNIT_US:
        return largest >= 1e6   ? (struct scale){1e-6, ", s"}
               : largest >= 1e3 ? (struct scale){1e-3, ", ms"}
                                : (struct scale){1, ", us"};
    case UNIT_SECONDS:
        return (struct scale){1, ", s"};
    case UNIT_BYTES:
        return (struct scale){1.0 / (1 << 20), ", MiB"};
    case UNIT_PERCENT:
        return (struct scale){1, ", % of one"};
    case UNIT_RATE:
    case UNIT_COUNT:
        break;
    }
    return (struct scale){1, ""};
}

/* A number with so many decimals, and thousands apart. */
static const char *print__decimals(double value, int decimals, char text[NUMBER_MAX]) {
    char digits[NUMBER_MAX];
    size_t length, whole, used = 0;

    if (!(fabs(value) < 1e15))
        return strcpy(text, "-");
    snprintf(digits, sizeof(digits), "%.*f", decimals, value);
    length = strlen(digits);
    whole = strcspn(digits, ".");
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0 && digits[i - 1] != '-')
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

/* Three digits or more. */
static const char *print__number(double value, char text[NUMBER_MAX]) {
    const double size = fabs(value);

    return print__decimals(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3, text);
}

static const char *print__ratio(double ratio, char text[NUMBER_MAX]) {
    if (isnan(ratio))
        return strcpy(text, "");
    snprintf(text, NUMBER_MAX, ratio >= 100 ? "%.0f" : "%.2f", ratio);
    return text;
}

/* The largest figure that is to be written in the same unit as this line's: latencies are read one below the other. */
static double print__largest(const struct compare_sum *sum, enum compare_row row) {
    const bool latency = row >= ROW_MEAN && row <= ROW_P99;
    double largest = 0;

    for (unsigned i = latency ? ROW_MEAN : row; i <= (latency ? ROW_P99 : row); i++)
        for (unsigned side = 0; side < COMPARE_SIDES && sum->line[i].known; side++)
            largest = fmax(largest, sum->line[i].side[side].median);
    return largest;
}

static void print__line(const struct compare_sum *sum, enum compare_row row) {
    const struct compare_line *line = &sum->line[row];
    const struct scale scale = print__scale(line->unit, print__largest(sum, row));
    char name[80], number[2][NUMBER_MAX], ratio[3][NUMBER_MAX], spread[3 * NUMBER_MAX] = "";

    snprintf(name, sizeof(name), "%s%s", line->name, scale.name);
    if (line->has_spread && !isnan(line->ratio.median))
        snprintf(spread, sizeof(spread), "%s..%s", print__ratio(line->ratio.min, ratio[1]),
                 print__ratio(line->ratio.max, ratio[2]));
    printf("  %-38s %11s %11s %7s %13s  %s\n", name,
           print__number(line->side[COMPARE_EPOLL].median * scale.factor, number[0]),
           print__number(line->side[COMPARE_RING].median * scale.factor, number[1]),
           print__ratio(line->ratio.median, ratio[0]), spread, compare_sum_verdict(line->verdict));
}

/* A sentence, broken into lines. */
static void print__note(const char *text) {
    size_t column = 0;

    putchar('\n');
    while (*(text += strspn(text, " ")) != '\0') {
        const size_t length = strcspn(text, " ");

        if (column > 0 && column + 1 + length > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        printf("%s%.*s", column > 0 ? " " : "", (int)length, text);
        column += length + (column > 0);
        text += length;
    }
    putchar('\n');
}

/* The table in one sentence. */
static void print__short(const struct compare_sum *sum) {
    static const struct {
        enum compare_row row;
        const char *name;
    } parts[] = {{ROW_THROUGHPUT, "throughput"},
                 {ROW_WALL, "time that the load took"},
                 {ROW_CPU, "CPU time for the same work"},
                 {ROW_P99, "latency (p99)"}};
    char text[NOTE_TEXT_MAX] = "In short, the ring against epoll";
    const char *lead = ": ";

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct compare_line *line = &sum->line[parts[i].row];
        const size_t used = strlen(text);

        if (!line->known || line->verdict == VERDICT_NONE)
            continue;
        if (line->verdict == VERDICT_SAME)
            snprintf(text + used, sizeof(text) - used, "%s%s the same", lead, parts[i].name);
        else if (line->verdict == VERDICT_UNCLEAR)
            snprintf(text + used, sizeof(text) - used, "%s%s unclear", lead, parts[i].name);
        else
            snprintf(text + used, sizeof(text) - used, "%s%s %.2f times", lead, parts[i].name, line->times);
        lead = ", ";
    }
    strncat(text, ".", sizeof(text) - strlen(text) - 1);
    if (lead[0] == ',')
        print__note(text);
}

/* Words as they would have to be typed, as far as they fit. */
static void print__command(char *const *words) {
    for (; *words != NULL; words++)
        printf(strpbrk(*words, " \t\"'$&|;<>*?()") != NULL ? " '%s'" : " %s", *words);
}

/* What was asked for on the ring's side, if anything was. */
static void print__options(const struct compare_request *request) {
    const char *const pairs[][2] = {
        {"--profile", request->profile}, {"--streams", request->streams}, {"--adapter", request->adapter}};
    const char *lead = "ring:   ", *end = "";

    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i][1] == NULL)
            continue;
        printf("%s %s %s", lead, pairs[i][0], pairs[i][1]);
        lead = "";
        end = "\n";
    }
    fputs(end, stdout);
}

static void print__head(const struct compare_runs *runs, const struct compare_setup *setup) {
    const struct compare_run *run = &runs->timed[COMPARE_EPOLL][0];
    char port[PORT_TEXT_MAX], cpus[2][PIN_TEXT_MAX];
    struct utsname name = {0};

    uname(&name);
    fputs("server: ", stdout);
    print__command(setup->request->command);
    printf("  (%s)\nload:    %s\n", ports_text(port, &run->port), setup->request->load);
    print__options(setup->request);
    printf("runs:    %u pair%s, epoll and ring in turn; %s %s, ", runs->pairs, runs->pairs == 1 ? "" : "s",
           name.sysname, name.release);
    if (setup->pinned)
        printf("server on CPU %s, load on CPU %s\n\n", pin_print(&setup->server_cpus, cpus[0], sizeof(cpus[0])),
               pin_print(&setup->load_cpus, cpus[1], sizeof(cpus[1])));
    else
        printf("%ld CPU%s, not pinned\n\n", sysconf(_SC_NPROCESSORS_ONLN),
               sysconf(_SC_NPROCESSORS_ONLN) == 1 ? "" : "s");
}

static const char *print__plural(unsigned count, const char *one, const char *more) {
    return count == 1 ? one : more;
}

static void print__ring(const struct compare_ring *ring) {
    char carried[128];

    if (ring->rests) {
        printf("\nOn the ring's side Ringback left the server to epoll, in %u loop%s of %u process%s: they had nothing "
               "that "
               "a\nring would do better.\n",
               ring->resting_loops, print__plural(ring->resting_loops, "", "s"), ring->processes,
               print__plural(ring->processes, "", "es"));
        return;
    }
    compare_ring_carried(ring, carried, sizeof(carried));
    printf("\nThe ring carried %s, in %u loop%s of %u process%s.\n", carried, ring->ring_loops,
           print__plural(ring->ring_loops, "", "s"), ring->processes, print__plural(ring->processes, "", "es"));
    if (ring->epoll_loops > 0)
        printf("%u loop%s ran on epoll%s%s.\n", ring->epoll_loops, print__plural(ring->epoll_loops, "", "s"),
               ring->why[0] != '\0' ? ": " : "", ring->why);
    if (ring->resting_loops > 0)
        printf("%u loop%s had nothing that a ring would do better, and ran on epoll.\n", ring->resting_loops,
               print__plural(ring->resting_loops, "", "s"));
}

/* The most frequent reasons for which something went the plain way. */
static void print__fallbacks(const struct compare_ring *ring) {
    bool shown[RB_FALLBACK_COUNT] = {[RB_FALLBACK_READINESS_ONLY] = true}; /* that is told apart */
    char number[NUMBER_MAX];

    for (unsigned n = 0; n < FALLBACKS_SHOWN; n++) {
        unsigned most = RB_FALLBACK_COUNT;

        for (unsigned i = 0; i < RB_FALLBACK_COUNT; i++)
            if (!shown[i] && ring->fallback[i] > 0 &&
                (most == RB_FALLBACK_COUNT || ring->fallback[i] > ring->fallback[most]))
                most = i;
        if (most == RB_FALLBACK_COUNT)
            break;
        shown[most] = true;
        if (n == 0)
            puts("What it did not carry, how often and why:");
        printf("  %s: %s\n", print__decimals((double)ring->fallback[most], 0, number),
               rb_stats_fallback_info((enum rb_fallback)most)->meaning);
    }
}

void compare_print_text(const struct compare_sum *sum, const struct compare_runs *runs,
                        const struct compare_setup *setup) {
    print__head(runs, setup);
    printf("  %-38s %11s %11s %7s %13s  %s\n", "", "epoll", "ring", "ratio", runs->pairs > 1 ? "min..max" : "",
           "the ring is");
    for (unsigned row = 0; row < ROW_COUNT; row++)
        if (sum->line[row].known)
            print__line(sum, (enum compare_row)row);
    print__short(sum);
    print__note("Figures are medians of the runs, ratios medians of the pairs; over 1.00 the ring is better. Better or "
                "worse: every pair says so, and by 3% or more. Same: within 5% in every pair, memory within 4 MiB. "
                "Unclear: the pairs disagree; more of them (--runs N) or a quieter machine may tell.");
    print__ring(&sum->ring);
    print__fallbacks(&sum->ring);
    for (unsigned i = 0; i < sum->notes; i++)
        print__note(sum->note[i]);
}

void compare_print_progress(const struct compare_run *run, const struct compare_setup *setup, enum compare_side side,
                            unsigned number, bool counted, double left_s) {
    char text[80] = "", rate[NUMBER_MAX], left[48] = "";

    if (counted)
        snprintf(text, sizeof(text), "tried out; system calls %s",
                 run->method == COUNTER_METHOD_NONE ? "cannot be counted" : "counted");
    else if (run->report_error == 0)
        snprintf(text, sizeof(text), "%s %s/s, %.2f us of CPU for each", print__number(run->report.per_second, rate),
                 run->report.unit, run->cpu_s * 1e6 / run->report.requests);
    else
        snprintf(text, sizeof(text), "%.2f s, %.2f s of CPU", run->wall_s, run->cpu_s);
    if (number < setup->total)
        snprintf(left, sizeof(left), "; about %.0f s to go", ceil(left_s));
    fprintf(stderr, "%s%*u of %u  %-6s %s%s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", setup->total > 9 ? 2 : 1,
            number, setup->total, compare_side_name(side), text, left);
}
