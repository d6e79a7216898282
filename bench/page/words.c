/* words - see words.h. */
#include "words.h"
#include "report.h"

#include <math.h>

void words_html(FILE *out, const char *text) {
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            /* Control characters are not allowed at all, not even by their numbers. */
            (void)fputc((unsigned char)*c < ' ' && *c != '\n' ? ' ' : *c, out);
            break;
        }
    }
}

const char *words_ratio(char out[WORDS_MAX], double ratio) {
    (void)snprintf(out, WORDS_MAX, isnan(ratio) ? "-" : "%.2f", ratio);
    return out;
}

const char *words_spread(char out[WORDS_MAX], const struct spread *spread) {
    const bool is_one = !(spread->min < spread->max); /* of one pair, or of none */
    if (is_one) {
        out[0] = '\0';
    } else {
        (void)snprintf(out, WORDS_MAX, "%.2f..%.2f", spread->min, spread->max);
    }
    return out;
}

/* Three digits at least, in all. */
static void write_digits(char out[WORDS_MAX], double number, const char *unit) {
    const double size = fabs(number);
    const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    (void)snprintf(out, WORDS_MAX, "%.*f%s", decimals, number, unit);
}

const char *words_number(char out[WORDS_MAX], double number) {
    if (isnan(number)) {
        (void)snprintf(out, WORDS_MAX, "-");
    } else if (fabs(number) >= 1e6) {
        write_digits(out, number / 1e6, " M");
    } else if (fabs(number) >= 1e4) {
        write_digits(out, number / 1e3, " k");
    } else {
        write_digits(out, number, "");
    }
    return out;
}

const char *words_time(char out[WORDS_MAX], double us) {
    if (isnan(us)) {
        (void)snprintf(out, WORDS_MAX, "-");
    } else if (us >= 1e6) {
        write_digits(out, us / 1e6, " s");
    } else if (us >= 1e3) {
        write_digits(out, us / 1e3, " ms");
    } else {
        write_digits(out, us, " µs");
    }
    return out;
}

const char *words_load(char out[WORDS_MAX], const struct saved_row *row) {
    char size[REPORT_SIZE_NAME_MAX];
    if (row->size == 0) {
        (void)snprintf(out, WORDS_MAX, "%u connections", row->connections);
    } else {
        (void)snprintf(out, WORDS_MAX, "%s × %u", report_size_name(size, row->size), row->connections);
    }
    return out;
}

const char *words_row(char out[WORDS_MAX], const struct saved_row *row) {
    char load[WORDS_MAX];
    (void)snprintf(out, WORDS_MAX, "%.40s %.40s %.60s", row->workload, row->server, words_load(load, row));
    return out;
}

const char *words_figure(enum saved_figure figure) {
    static const char *const names[SAVED_FIGURES] = {"throughput", "CPU per request", "latency p50", "latency p99"};
    return names[figure];
}

const char *words_side(enum contest_side side) {
    return side == CONTEST_FLOOR ? "hand-written" : contest_side_name(side);
}
