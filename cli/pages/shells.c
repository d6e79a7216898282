/* The tables of the shells' completions. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "pages.h"

/* What a word is, as the templates call it. */
static const char *shells__word(enum cli_word word) {
    switch (word) {
    case CLI_WORD_FILE:
        return "file";
    case CLI_WORD_PROGRAM:
        return "program";
    case CLI_WORD_COMMAND:
        return "command";
    case CLI_WORD_PROCESS:
        return "process";
    case CLI_WORD_ANY:
        break;
    }
    return "any";
}

/* Names of a table, with spaces between them. */
static void shells__choices(const char *const *choices) {
    for (unsigned i = 0; choices[i] != NULL; i++)
        printf("%s%s", i == 0 ? "" : " ", choices[i]);
}

/* Whether the next word is the option's value. "[N]" is given as --name=N only. */
static int shells__takes_word(const struct cli_option *option) {
    return option->value != NULL && option->value[0] != '[';
}

static void shells__setting_names(void) {
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++)
        printf(" %s", rb_config_info((enum rb_setting)i)->name);
}

/* ---- bash ---- */

static void bash__commands(void) {
    printf("    local commands='");
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++)
        printf("%s ", (*command)->name);
    printf("help --help --version'\n    local settings='");
    shells__setting_names();
    puts("'");
}

static void bash__options(void) {
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++) {
        printf("    %s)\n        operand=%s\n        options='", (*command)->name, shells__word((*command)->operand));
        for (const struct cli_option *option = (*command)->options; option->name != NULL; option++)
            printf("%s%s", option == (*command)->options ? "" : " ", option->name);
        printf("'\n        with_value='");
        for (const struct cli_option *option = (*command)->options; option->name != NULL; option++)
            if (shells__takes_word(option))
                printf(" %s", option->name);
        puts(" '\n        ;;");
    }
}

static void bash__values(void) {
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++) {
        for (const struct cli_option *option = (*command)->options; option->name != NULL; option++) {
            if (option->value == NULL)
                continue;
            printf("    %s%s) ", (*command)->name, option->name);
            if (option->choices == NULL) {
                printf("kind=%s ;;\n", shells__word(option->word));
                continue;
            }
            printf("kind=choice choices='");
            shells__choices(option->choices);
            puts("' ;;");
        }
    }
}

const struct page_table pages_bash[] = {
    {"BASH_COMMANDS", bash__commands}, {"BASH_OPTIONS", bash__options}, {"BASH_VALUES", bash__values}, {NULL, NULL}};

/* ---- zsh ---- */

/* Within single quotes; of the characters that mean something to _arguments and _describe only those that occur. */
static void zsh__text(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(":[]\\", *text) != NULL)
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh__commands(void) {
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++) {
        printf("    '%s:", (*command)->name);
        zsh__text((*command)->summary);
        puts("'");
    }
    puts("    'help:explain a command or a setting'");
}

static void zsh__settings(void) {
    for (unsigned i = 0; i < RB_SETTING_COUNT; i++) {
        printf("    '%s:", rb_config_info((enum rb_setting)i)->name);
        zsh__text(rb_config_info((enum rb_setting)i)->help);
        puts("'");
    }
}

/* What offers the values of a kind. */
static const char *zsh__action(enum cli_word word) {
    switch (word) {
    case CLI_WORD_FILE:
        return "_files";
    case CLI_WORD_PROGRAM:
        return "_command_names -e";
    case CLI_WORD_COMMAND:
        return "_normal";
    case CLI_WORD_PROCESS:
        return "_ringback_processes";
    case CLI_WORD_ANY:
        break;
    }
    return " ";
}

static void zsh__option(const struct cli_option *option) {
    const int may_lack = option->value != NULL && !shells__takes_word(option);

    printf("        '%s%s[", option->name, may_lack ? "=-" : option->value != NULL ? "=" : "");
    zsh__text(option->help);
    putchar(']');
    if (option->value != NULL) {
        printf("%s", may_lack ? "::" : ":");
        zsh__text(option->value);
        putchar(':');
        if (option->choices != NULL) {
            putchar('(');
            shells__choices(option->choices);
            putchar(')');
        } else {
            printf("%s", zsh__action(option->word));
        }
    }
    puts("' \\");
}

static void zsh__arguments(void) {
    for (const struct cli_command *const *command = cli_commands; *command != NULL; command++) {
        printf("    %s)\n        _arguments -S \\\n", (*command)->name);
        for (const struct cli_option *option = (*command)->options; option->name != NULL; option++)
            zsh__option(option);
        switch ((*command)->operand) {
        case CLI_WORD_COMMAND:
            puts("        '(-)1:program:_command_names -e' \\\n        '*::arguments:_normal'");
            break;
        case CLI_WORD_ANY:
            puts("        && return");
            break;
        case CLI_WORD_FILE:
        case CLI_WORD_PROGRAM:
        case CLI_WORD_PROCESS:
            printf("        ':%s:%s'\n", shells__word((*command)->operand), zsh__action((*command)->operand));
            break;
        }
        puts("        ;;");
    }
}

const struct page_table pages_zsh[] = {
    {"ZSH_COMMANDS", zsh__commands}, {"ZSH_SETTINGS", zsh__settings}, {"ZSH_ARGUMENTS", zsh__arguments}, {NULL, NULL}};
