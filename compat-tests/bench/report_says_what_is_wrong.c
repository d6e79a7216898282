/* Guards: figures that were saved and cannot be read, a directory that cannot be written, a missing gnuplot, ending in
 * a riddle or in a page that is not whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "check.h"
#include "tree.h"

#define DIRECTORY "ct-bench-no-report"
#define FILE_NAME "ct-bench-figures.json"

static struct capture got;

static void expect(const char *said) {
    CHECK_SAY(got.status == 2, "status %d: %s%s", got.status, got.out, got.err);
    CAPTURE_SAYS(got.err, said);
    CHECK_INT(access(DIRECTORY "/index.html", F_OK), -1);
}

/* The report of a file that holds this text. */
static void try_text(const char *text, const char *said) {
    FILE *file = fopen(FILE_NAME, "w");

    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK_INT(fclose(file), 0);
    CAPTURE(&got, BIN "/ringback-bench", "--report", DIRECTORY, "--from", FILE_NAME);
    expect(said);
    CAPTURE_SAYS(got.err, FILE_NAME);
}

/* The good figures with one text in place of another, the first one of it. */
static void try_changed(const char *from, const char *to, const char *said) {
    static char good[64 * 1024];
    static char changed[sizeof(good) + 256];
    FILE *file = fopen(FIGURES, "r");
    char *place;

    CHECK(file != NULL);
    good[fread(good, 1, sizeof(good) - 1, file)] = '\0';
    CHECK_INT(fclose(file), 0);
    place = strstr(good, from);
    CHECK_SAY(place != NULL, "%s is not in " FIGURES, from);
    *place = '\0';
    (void)snprintf(changed, sizeof(changed), "%s%s%s", good, to, place + strlen(from));
    try_text(changed, said);
}

/* With a gnuplot of ours. */
static void try_gnuplot(const char *script, const char *said) {
    const char *tree = tree_make();
    char path[4096];

    tree_script("gnuplot", script);
    (void)snprintf(path, sizeof(path), "PATH=%s/bin:%s", tree, getenv("PATH"));
    CAPTURE_WITH(&got, path, BIN "/ringback-bench", "--report", DIRECTORY, "--from", FIGURES);
    tree_remove();
    expect(said);
}

static void check_command_line(void) {
    CAPTURE(&got, BIN "/ringback-bench", "--from", FIGURES);
    expect("--from measures nothing: it goes with --report");
    CAPTURE(&got, BIN "/ringback-bench", "--from", FIGURES, "--report", DIRECTORY, "--pairs", "1");
    expect("not with --pairs");
    CAPTURE(&got, BIN "/ringback-bench", "--report", FIGURES, "--only", "uv-echo");
    expect("is no directory");
    CAPTURE(&got, BIN "/ringback-bench", "--report", "ct-bench-nowhere/report", "--only", "uv-echo");
    expect("cannot make ct-bench-nowhere/report: No such file or directory");
    CAPTURE(&got, BIN "/ringback-bench", "--report", "/proc/self", "--from", FIGURES);
    expect("cannot write ");
    CAPTURE(&got, BIN "/ringback-bench", "--report", DIRECTORY, "--from", "ct-bench-nowhere");
    expect("cannot read ct-bench-nowhere: No such file or directory");
    CAPTURE(&got, BIN "/ringback-bench", "--report", DIRECTORY, "--from", ".");
    expect("cannot read .: Is a directory");
}

int main(void) {
    check_begin(60);
    CAPTURE(&got, "rm", "-rf", DIRECTORY);
    check_command_line();
    try_text("", "line 1 is not JSON: it ends there");
    try_text("{\n\"format_version\": 1,\n\"rows\": [}\n", "line 3 is not JSON");
    try_text("{\"format_version\": 1, \"ratio_min\": 0.97, \"rows\": [", "line 1 is not JSON: it ends there");
    try_text("{\"rows\": []}", "it has no \"format_version\"");
    try_text("[]", "it has no \"format_version\"");
    try_text("{\"format_version\": 1, \"ratio_min\": 0.97, \"rows\": []}", "it has no \"rows\"");
    try_text("{\"format_version\": 1, \"ratio_min\": 0.97, \"rows\": [1]}", "rows[0] has no text \"server\"");
    try_changed("\"format_version\":\t1", "\"format_version\":\t2",
                "it is of format version 2, and this ringback-bench reads version 1");
    try_changed("\"judged\"", "\"judgde\"", "rows[0] has no list \"judged\"");
    try_changed("\"cpu_ratio\"", "\"cup_ratio\"", "rows[0] has no figure \"cpu_ratio\"");
    try_changed("\"size\":\t64", "\"size\":\t-64", "rows[0]: \"size\"");
    CHECK_INT(unlink(FILE_NAME), 0);
    CAPTURE_WITH(&got, "PATH=/nonexistent", BIN "/ringback-bench", "--report", DIRECTORY, "--only", "uv-echo");
    expect("gnuplot is not installed, and --report needs it: tools/install-packages");
    try_gnuplot("echo no such terminal >&2; exit 1", "gnuplot failed: no such terminal");
    try_gnuplot("kill -SEGV $$", "gnuplot failed: it ended badly and said nothing");
    try_gnuplot("echo '<svg'", "gnuplot drew fewer pictures than it was asked for");
    CAPTURE(&got, "rmdir", DIRECTORY);
    CHECK_SAY(got.status == 0, "something was left: %s", got.err);
    return check_passed();
}
