/* Guards: a report that needs the network or another file, is broken, leaves rows out, hides the worst ones at its end,
 * or lets a name in the figures speak HTML or gnuplot. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"

#define DIRECTORY "ct-bench-report"
#define PAGE      DIRECTORY "/index.html"

enum { PAGE_MAX = 1024 * 1024 };

static struct capture got;
static char page[PAGE_MAX];

static void read_page(void) {
    FILE *file = fopen(PAGE, "r");

    CHECK(file != NULL);
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    CHECK_INT(feof(file) != 0, true);
    CHECK_INT(fclose(file), 0);
}

static unsigned count(const char *what) {
    unsigned found = 0;

    for (const char *place = page; (place = strstr(place, what)) != NULL; place++)
        found++;
    return found;
}

/* Where a text is, behind another one. */
static const char *place_of(const char *behind, const char *what) {
    const char *begin = strstr(page, behind);
    const char *place;

    CHECK_SAY(begin != NULL, "the page has no %s", behind);
    place = strstr(begin, what);
    CHECK_SAY(place != NULL, "behind %s the page has no %s", behind, what);
    return place;
}

/* All that a browser could fetch. A namespace is a name, and a link within the page begins with #. */
static void check_needs_nothing(void) {
    static const char *const never[] = {"<script", "<link", "<img",    "<iframe", "<object", "@import",
                                        "src=",    "url(",  "onmouse", "xlink:",  "<?xml",   "<!--plot"};
    const unsigned addresses = count("http://") + count("https://");

    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        CHECK_SAY(count(never[i]) == 0, "the page has %s", never[i]);
    CHECK_INT(addresses,
              count("xmlns=\"http://www.w3.org/2000/svg\"") + count("xmlns=\"http://www.w3.org/1999/xhtml\""));
    CHECK_INT(count("href="), count("href=\"#") + count("href='#"));
}

static void check_rows(void) {
    static const char *const rows[] = {"echo uv-echo 64 B × 1<",     "echo uv-echo 64 B × 64<",
                                       "echo uv-echo 16 KiB × 1<",   "echo uv-echo 16 KiB × 64<",
                                       "echo limit 64 B × 64<",      "http http-hello 64 connections<",
                                       "work bev-answer 64 B × 16<", "echo bev-echo 64 B × 64<"};
    const char *table = "<section id=\"rows\">";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        (void)place_of(table, rows[i]);
    (void)place_of("<h3 id=\"idle\">", "idle uv-echo 64 B × 1000<");
    /* The one without figures, the worst ratio, the best one, and those that are not judged. */
    CHECK(place_of(table, "echo bev-echo 64 B × 64<") < place_of(table, "echo uv-echo 64 B × 1<"));
    CHECK(place_of(table, "echo uv-echo 64 B × 1<") < place_of(table, "echo uv-echo 16 KiB × 1<"));
    CHECK(place_of(table, "echo uv-echo 16 KiB × 1<") < place_of(table, "echo uv-echo 16 KiB × 64<"));
    CHECK(place_of(table, "echo uv-echo 16 KiB × 64<") < place_of(table, "echo limit 64 B × 64<"));
    (void)place_of("<section id=\"worst\">", "it ended before it was ready");
    (void)place_of(table, "<td class=\"ratio loss1 fails\"><b>0.91</b> <small>0.89..0.94</small></td>");
}

int main(void) {
    check_begin(60);
    CAPTURE(&got, "rm", "-rf", DIRECTORY, "cth");
    CAPTURE(&got, BIN "/ringback-bench", "--report", DIRECTORY, "--from", FIGURES);
    CHECK_SAY(got.status == 0, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, "the report is in " PAGE);
    CAPTURE(&got, "xmllint", "--noout", PAGE);
    CHECK_SAY(got.status == 0, "xmllint says: %s", got.err);
    read_page();
    check_needs_nothing();
    check_rows();
    (void)place_of("<section id=\"machine\">", "RINGBACK_PROFILE=latency");
    (void)place_of("<section id=\"machine\">", "2.1.12-stable");
    /* Heat maps: two each of uv-echo, limit, bev-echo, the odd one and http-hello, three of work. Then two pictures of
     * costs for each but bev-echo, whose run failed; a curve for each row but that one; the worst rows; the shapes. */
    CHECK_INT(count("<svg "), 13 + 2 * 5 + 8 + 1 + 1);
    CHECK_INT(count("by size and connections"), 13);
    CHECK_INT(count("distribution of latencies"), 8);
    (void)place_of("by size and connections", "<text>1.86</text>");
    /* The odd one. */
    (void)place_of("<section id=\"rows\">", "echo &lt;b&gt;&quot;;system('touch cth');`touch cth` 16 KiB × 64 ~<");
    CHECK_INT(count("<b>\""), 0);
    CHECK_INT(access("cth", F_OK), -1);
    CAPTURE(&got, "ls", "-A", DIRECTORY);
    CHECK_SAY(strcmp(got.out, "index.html\n") == 0, "also there: %s", got.out);
    CAPTURE(&got, "rm", "-r", DIRECTORY);
    return check_passed();
}
