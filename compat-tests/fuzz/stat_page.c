/* A page of counters, as another process offers it: it is taken or refused with a sentence, and what was taken can be
 * printed, for a terminal without control codes, for a program as JSON. Input: the page. */
#include "stat_page.h"

#include <cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "stat_print.h"
#include "stat_view.h"

enum { SCREEN_LINES = 24, SCREEN_COLUMNS = 80, WORDS_MAX = 512 };

static bool is_printable(const char *text) {
    for (; *text != '\0'; text++)
        if (!isprint((unsigned char)*text) && *text != '\n' && *text != '\t')
            return false;
    return true;
}

/* What is printed to standard output meanwhile; to be freed. */
static char *printed(const struct stat_sample *sample, bool json) {
    FILE *real = stdout;
    char *text = NULL;
    size_t size;

    stdout = open_memstream(&text, &size);
    FUZZ_CHECK(stdout != NULL);
    if (json)
        FUZZ_CHECK(stat_print_json(1, sample, true, false) == 0);
    else
        stat_print_text(1, sample, true);
    fclose(stdout);
    stdout = real;
    FUZZ_CHECK(strlen(text) == size && is_printable(text));
    return text;
}

static void check_line(void *arg, enum stat_look look, const char *line) {
    int *lines = arg;

    FUZZ_CHECK(look <= STAT_LOOK_DIM && is_printable(line) && strlen(line) <= SCREEN_COLUMNS);
    ++*lines;
}

/* The screen, too, with this page twice. */
static void check_screen(const struct stat_sample *sample) {
    static struct stat_sample before;
    struct stat_view view = {.pid = 1, .name = "x", .now = sample, .before = &before, .clock = "12:34:56"};
    int lines = 0;

    before.page = sample->page;
    before.at_s = -1;
    stat_view_screen(&view, SCREEN_LINES, SCREEN_COLUMNS, check_line, &lines);
    FUZZ_CHECK(lines > 0 && lines <= SCREEN_LINES);
    view.before = NULL;
    lines = 0;
    stat_view_screen(&view, 3, SCREEN_COLUMNS, check_line, &lines);
    FUZZ_CHECK(lines == 3);
}

static void check_taken(const struct stat_sample *sample) {
    const struct stat_page *page = &sample->page;
    char *text = printed(sample, false), *json = printed(sample, true);
    cJSON *root = cJSON_Parse(json);

    check_screen(sample);
    FUZZ_CHECK(page->counters <= RB_COUNTER_COUNT && page->fallbacks <= RB_FALLBACK_COUNT);
    FUZZ_CHECK(page->loops >= 1 && page->loops <= RB_STATS_LOOPS);
    FUZZ_CHECK(root != NULL);
    cJSON_Delete(root);
    free(text);
    free(json);
}

/* The words for descriptors: the input, taken again for these. */
static void take_words(struct stat_sample *sample, const uint8_t *data, size_t size) {
    uint32_t words[WORDS_MAX] = {0};
    size_t length = size < sizeof(words) ? size : sizeof(words);

    memcpy(words, data + size - length, length);
    sample->fds.count = 0;
    FUZZ_CHECK(stat_fds_add(&sample->fds, &sample->page, 0, words, WORDS_MAX) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct stat_sample sample;
    char why[STAT_PAGE_WHY_MAX] = "";
    void *bytes = malloc(size); /* aligned, and not a byte longer */
    int rc;

    if (bytes == NULL && size > 0)
        abort();
    if (size > 0)
        memcpy(bytes, data, size);
    rc = stat_page_take(1, bytes, size, &sample.page, why);
    free(bytes);
    FUZZ_CHECK(rc == 0 || rc == -EPROTO);
    FUZZ_CHECK((why[0] == '\0') == (rc == 0) && strlen(why) < sizeof(why) && is_printable(why));
    if (rc == 0) {
        take_words(&sample, data, size);
        check_taken(&sample);
    }
    fuzz_understood = rc == 0;
    return 0;
}
