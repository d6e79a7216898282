/* Settings from any environment: whatever stands there, the table's limits hold, every value can be said as text, and
 * the text means the same value again. Input: one NAME=value a line; LD_PRELOAD is among the names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters.h"
#include "caps.h"
#include "config.h"
#include "fuzz.h"
#include "stats.h"

enum { TEXT_SIZE = 256 };

static char *const *variables;

static const char *value_of(const char *name) {
    size_t length = strlen(name);

    for (char *const *entry = variables; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static void warned(void *arg, const char *sentence) {
    unsigned *count = arg;

    FUZZ_CHECK(sentence[0] != '\0' && strchr(sentence, '\n') == NULL);
    ++*count;
}

static void check_in_table(const struct rb_config *config, enum rb_setting setting) {
    const struct rb_setting_info *info = rb_config_info(setting);
    int64_t value = config->value[setting], choices = 0;

    FUZZ_CHECK(config->origin[setting] <= RB_ORIGIN_ENVIRONMENT);
    if (info->kind == RB_KIND_NUMBER)
        FUZZ_CHECK(value >= info->min && value <= info->max);
    if (info->kind != RB_KIND_CHOICE)
        return;
    while (info->choices[choices] != NULL)
        choices++;
    FUZZ_CHECK(value >= 0 && value < choices);
}

/* As a child gets it that is started with what this configuration says. */
static void check_same_again(const struct rb_config *config) {
    static char entries[RB_SETTING_COUNT][TEXT_SIZE + 64];
    char *list[RB_SETTING_COUNT + 1] = {NULL}, text[TEXT_SIZE];
    struct rb_config again;
    unsigned warnings = 0;

    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        snprintf(entries[i], sizeof(entries[i]), "%s=%s", rb_config_info((enum rb_setting)i)->name,
                 rb_config_value_text(config, (enum rb_setting)i, text, sizeof(text)));
        list[i] = entries[i];
    }
    variables = list;
    rb_config_load(&again, value_of, list, NULL, &warnings);
    FUZZ_CHECK(memcmp(again.value, config->value, sizeof(again.value)) == 0);
    FUZZ_CHECK(again.disabled == config->disabled);
}

/* The page of counters says all settings; none is cut off. */
static void check_described(const struct rb_config *config) {
    const struct rb_stats_page *page = rb_stats_page();
    const char *last = rb_config_info((enum rb_setting)(RB_SETTING_COUNT - 1))->name, *found;
    char text[TEXT_SIZE];

    rb_stats_describe(NULL, config, NULL);
    FUZZ_CHECK(memchr(page->settings, '\0', sizeof(page->settings)) != NULL);
    found = strstr(page->settings, last);
    FUZZ_CHECK(found != NULL &&
               strcmp(found + strlen(last) + 1,
                      rb_config_value_text(config, (enum rb_setting)(RB_SETTING_COUNT - 1), text, sizeof(text))) == 0);
}

/* What LD_PRELOAD had stays, in its order; the adapters come first, each once. */
static void check_preload(const char *old) {
    static const char *const paths[] = {"/lib/libringback-uv.so", "/lib/libringback-event.so", NULL};
    const char *rest, *at;
    char *list = adapter_preload(paths, old);

    FUZZ_CHECK(list != NULL);
    FUZZ_CHECK(strncmp(list, "/lib/libringback-uv.so:/lib/libringback-event.so", 48) == 0);
    for (rest = list + 48; *rest != '\0'; rest = at) {
        FUZZ_CHECK(*rest == ':' && rest[1] != ':' && rest[1] != '\0');
        at = rest + 1 + strcspn(rest + 1, ": ");
        FUZZ_CHECK(memmem(old, strlen(old), rest + 1, (size_t)(at - rest - 1)) != NULL);
        FUZZ_CHECK(strncmp(rest, ":/lib/libringback-uv.so", (size_t)(at - rest)) != 0 || at - rest != 23);
    }
    free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_words words;
    struct rb_config config;
    unsigned warnings = 0;

    fuzz_split(&words, data, size);
    variables = words.word;
    check_preload(value_of("LD_PRELOAD"));
    rb_config_load(&config, value_of, words.word, warned, &warnings);
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        check_in_table(&config, (enum rb_setting)i);
        fuzz_understood = fuzz_understood || config.origin[i] == RB_ORIGIN_ENVIRONMENT;
    }
    FUZZ_CHECK(config.disabled >> RB_CAP_COUNT == 0);
    check_described(&config);
    check_same_again(&config);
    fuzz_free(&words);
    return 0;
}
