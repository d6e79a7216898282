/* The tables of the manual pages, in mdoc(7). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "cli.h"
#include "config.h"
#include "fdstate.h"
#include "pages.h"
#include "ringback.h"
#include "stats.h"

/* Print words so that mdoc takes none of them for something else. */
static void manual__escaped(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\')
            fputs("\\e", stdout);
        else if (text[i] == '-')
            fputs("\\-", stdout);
        else if (text[i] == '"')
            fputs("\\(dq", stdout);
        else
            putchar(text[i]);
    }
}

/* One word of a text, on the present line; at its beginning a dot would be a request. */
static void manual__word(const char *word, size_t size, int first) {
    const int is_dashed = memchr(word, '-', size) != NULL && (word[0] == '-' || size == 1);

    if (!first)
        putchar(' ');
    else if (word[0] == '.' || word[0] == '\'')
        fputs("\\&", stdout);
    if (is_dashed)
        manual__escaped(word, size);
    else
        for (size_t i = 0; i < size; i++)
            fputs(word[i] == '\\' ? "\\e" : (char[]){word[i], '\0'}, stdout);
}

/* `literal text` becomes a line of its own, with what follows it up to the next space. */
static const char *manual__literal(const char *text, const char *end, int first) {
    const char *const close = memchr(text + 1, '`', (size_t)(end - text - 1));
    const char *after;

    if (close == NULL)
        return text;
    if (!first)
        putchar('\n');
    fputs(".Ql \"", stdout);
    manual__escaped(text + 1, (size_t)(close - text - 1));
    putchar('"');
    for (after = close + 1; after < end && *after != ' ' && *after != '\n'; after++)
        printf(" %c", *after);
    putchar('\n');
    return after;
}

/* A text, a sentence a line. */
static void manual__text(const char *text, size_t size) {
    const char *const end = text + size;
    int first = 1;

    while ((text += strspn(text, " \n")) < end) {
        const char *next = *text == '`' ? manual__literal(text, end, first) : text;
        size_t length;

        if (next != text) {
            text = next;
            first = 1;
            continue;
        }
        length = strcspn(text, " \n");
        length = length < (size_t)(end - text) ? length : (size_t)(end - text);
        manual__word(text, length, first);
        text += length;
        first = text[-1] == '.';
        if (first)
            putchar('\n');
    }
    if (!first)
        putchar('\n');
}

static void manual__paragraphs(const char *text) {
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);

        manual__text(text, size);
        text += end == NULL ? size : size + 2;
        if (*text != '\0')
            puts(".Pp");
    }
}

static void manual__choices(const char *const *choices) {
    for (unsigned i = 0; choices[i] != NULL; i++)
        printf(".Cm %s%s\n", choices[i], choices[i + 1] != NULL ? " ," : "");
}

static void manual__option(const struct cli_option *option) {
    printf(".It Fl %s", option->name + 1);
    if (option->value != NULL && option->value[0] == '[')
        printf(" Ns Oo = Ns Ar %.*s Oc", (int)strlen(option->value) - 2, option->value + 1);
    else if (option->value != NULL)
        printf(" Ar %s", option->value);
    putchar('\n');
    if (option->choices != NULL) {
        manual__choices(option->choices);
        puts(".br");
    }
    manual__text(option->help, strlen(option->help));
}

static void manual__commands(void) {
    for (const struct cli_command *const *each = cli_commands; *each != NULL; each++) {
        const struct cli_command *command = *each;

        printf(".Ss ringback %s\n", command->name);
        manual__paragraphs(command->about);
        puts(".Bl -tag -width Ds");
        for (const struct cli_option *option = command->options; option->name != NULL; option++)
            manual__option(option);
        puts(".El\n.Pp");
        manual__paragraphs(command->exits);
    }
}

static void manual__synopsis(void) {
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++) {
        printf(".Nm\n.Cm %s\n.Li \"", (*command)->name);
        manual__escaped((*command)->usage, strlen((*command)->usage));
        puts("\"");
    }
    puts(".Nm\n.Cm help\n.Op Ar COMMAND | SETTING\n.Nm\n.Fl -version");
}

static void manual__settings(void) {
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        const struct rb_setting_info *info = rb_config_info((enum rb_setting)i);

        printf(".It Ev %s\n", info->name);
        switch (info->kind) {
        case RB_KIND_CHOICE:
            manual__choices(info->choices);
            printf("(default:\n.Cm %s ) .\n", info->choices[info->fallback]);
            break;
        case RB_KIND_NUMBER:
            printf("From %lld to %lld %s (default: %lld).\n", (long long)info->min, (long long)info->max, info->unit,
                   (long long)info->fallback);
            break;
        case RB_KIND_LIST:
            puts("A list (default: empty).");
            break;
        }
        puts(".br");
        manual__text(info->help, strlen(info->help));
    }
}

static const char *profile_asked;

static const char *manual__profile_asked(const char *name) {
    return strcmp(name, rb_config_info(RB_SETTING_PROFILE)->name) == 0 ? profile_asked : NULL;
}

static void manual__profiles(void) {
    for (unsigned i = 1; rb_profile_names[i] != NULL; i++) {
        struct rb_config config;
        char text[256];
        bool any = false;

        profile_asked = rb_profile_names[i];
        rb_config_load(&config, manual__profile_asked, NULL, NULL, NULL);
        printf(".It Cm %s\n", profile_asked);
        for (unsigned k = 0; k < RB_SETTING_COUNT; k++) {
            if (config.origin[k] != RB_ORIGIN_PROFILE)
                continue;
            printf(".Li %s=%s\n", rb_config_info((enum rb_setting)k)->name,
                   rb_config_value_text(&config, (enum rb_setting)k, text, sizeof(text)));
            any = true;
        }
        if (!any)
            puts("No other setting.");
    }
}

static void manual__capabilities(void) {
    for (unsigned i = 0; i < RB_CAP_COUNT; i++) {
        const struct rb_cap_info *info = rb_caps_info((enum rb_cap)i);

        printf(".It Li %s\n", info->name);
        manual__text(info->purpose, strlen(info->purpose));
        printf("(Linux %s%s)\n", info->since, info->needed ? "; every ring needs it" : "");
    }
}

/* One row of the tables below; the first of some is no name but the lack of one. */
static void manual__named(const struct rb_name_meaning *row) {
    if (row->name[0] == '\0')
        return;
    printf(".It Li %s\n", row->name);
    manual__text(row->meaning, strlen(row->meaning));
}

static void manual__counters(void) {
    for (unsigned i = 0; i < RB_COUNTER_COUNT; i++)
        manual__named(rb_stats_counter_info((enum rb_counter)i));
}

static void manual__fallbacks(void) {
    for (unsigned i = 0; i < RB_FALLBACK_COUNT; i++)
        manual__named(rb_stats_fallback_info((enum rb_fallback)i));
}

static void manual__ways(void) {
    for (unsigned i = 0; i < RB_WAY_COUNT; i++)
        manual__named(rb_fdstate_way_info(i));
}

static void manual__reasons(void) {
    for (unsigned i = 0; i < RB_WHY_COUNT; i++)
        manual__named(rb_fdstate_why_info(i));
}

static void manual__system(void) {
    puts(".Os \"Ringback " RINGBACK_VERSION "\"");
}

const struct page_table pages_manual[] = {
    {"SYSTEM", manual__system},
    {"SYNOPSIS", manual__synopsis},
    {"COMMANDS", manual__commands},
    {"SETTINGS", manual__settings},
    {"PROFILES", manual__profiles},
    {"CAPABILITIES", manual__capabilities},
    {"COUNTERS", manual__counters},
    {"FALLBACKS", manual__fallbacks},
    {"WAYS", manual__ways},
    {"REASONS", manual__reasons},
    {NULL, NULL},
};
