#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { HELP_COLUMNS = 100, HELP_INDENT = 19 };

/* Print the words of a text to standard output, from column `at` on; further lines begin at column `indent`. */
static void help__fill(const char *text, size_t size, int at, int indent) {
    const char *const end = text + size;

    while ((text += strspn(text, " \n")) < end) {
        const int length = (int)strcspn(text, " \n");

        if (at > indent && at + 1 + length > HELP_COLUMNS) {
            printf("\n%*s", indent, "");
            at = indent;
        }
        at += printf("%s%.*s", at > indent ? " " : "", length, text);
        text += length;
    }
    putchar('\n');
}

/* Each paragraph after an empty line. */
static void help__paragraphs(const char *text) {
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);

        putchar('\n');
        help__fill(text, size, 0, 0);
        text += end == NULL ? size : size + 2;
    }
}

/* Names from a table with commas between them, and something behind the last. Returns the length. */
static size_t help__choices(char *out, size_t size, const char *const *choices, const char *last) {
    size_t length = 0;

    for (unsigned i = 0; choices[i] != NULL; i++) {
        snprintf(out + length, size - length, "%s%s", choices[i], choices[i + 1] == NULL ? last : ", ");
        length = strlen(out);
    }
    return length;
}

static void help__option(const struct cli_option *option) {
    char head[64], text[1024] = "";
    size_t length = 0;

    if (option->value != NULL && option->value[0] == '[')
        snprintf(head, sizeof(head), "  %s[=%s", option->name, option->value + 1);
    else
        snprintf(head, sizeof(head), "  %s%s%s", option->name, option->value == NULL ? "" : " ",
                 option->value == NULL ? "" : option->value);
    if (option->choices != NULL)
        length = help__choices(text, sizeof(text), option->choices, ": ");
    snprintf(text + length, sizeof(text) - length, "%s", option->help);
    help__fill(text, strlen(text), printf("%-*s", HELP_INDENT, head), HELP_INDENT);
}

int cli_help(const struct cli_command *command) {
    printf("usage: ringback %s %s\n", command->name, command->usage);
    help__paragraphs(command->about);
    putchar('\n');
    for (const struct cli_option *option = command->options; option->name != NULL; option++)
        help__option(option);
    help__paragraphs(command->exits);
    return CLI_OK;
}

int cli_help_setting(enum rb_setting setting) {
    const struct rb_setting_info *info = rb_config_info(setting);
    char allowed[256] = "";

    puts(info->name);
    help__paragraphs(info->help);
    putchar('\n');
    switch (info->kind) {
    case RB_KIND_CHOICE:
        help__choices(allowed, sizeof(allowed), info->choices, "");
        printf("%s; default: %s\n", allowed, info->choices[info->fallback]);
        break;
    case RB_KIND_NUMBER:
        printf("%lld to %lld %s; default: %lld\n", (long long)info->min, (long long)info->max, info->unit,
               (long long)info->fallback);
        break;
    case RB_KIND_LIST:
        puts("a list; default: empty");
        break;
    }
    return CLI_OK;
}
