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

static bool is_printable(const char *text) {
    for (; *text != '\0'; text++)
        if (!isprint((unsigned char)*text) && *text != '\n' && *text != '\t')
            return false;
    return true;
}

/* What is printed to standard output meanwhile; to be freed. */
static char *printed(const struct stat_page *page, bool json) {
    FILE *real = stdout;
    char *text = NULL;
    size_t size;

    stdout = open_memstream(&text, &size);
    FUZZ_CHECK(stdout != NULL);
    if (json)
        FUZZ_CHECK(stat_print_json(1, page) == 0);
    else
        stat_print_text(1, page);
    fclose(stdout);
    stdout = real;
    FUZZ_CHECK(strlen(text) == size && is_printable(text));
    return text;
}

static void check_taken(const struct stat_page *page) {
    char *text = printed(page, false), *json = printed(page, true);
    cJSON *root = cJSON_Parse(json);

    FUZZ_CHECK(page->counters <= RB_COUNTER_COUNT && page->fallbacks <= RB_FALLBACK_COUNT);
    FUZZ_CHECK(page->loops >= 1 && page->loops <= RB_STATS_LOOPS);
    FUZZ_CHECK(root != NULL);
    cJSON_Delete(root);
    free(text);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct stat_page page;
    char why[STAT_PAGE_WHY_MAX] = "";
    void *bytes = malloc(size); /* aligned, and not a byte longer */
    int rc;

    if (bytes == NULL && size > 0)
        abort();
    if (size > 0)
        memcpy(bytes, data, size);
    rc = stat_page_take(1, bytes, size, &page, why);
    free(bytes);
    FUZZ_CHECK(rc == 0 || rc == -EPROTO);
    FUZZ_CHECK((why[0] == '\0') == (rc == 0) && strlen(why) < sizeof(why) && is_printable(why));
    if (rc == 0)
        check_taken(&page);
    fuzz_understood = rc == 0;
    return 0;
}
