#include "args.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "nearest.h"

enum { OPTIONS_MAX = 16 };

static void args__unknown(const struct cli_args *args, const char *word, size_t length,
                          const struct cli_option *table) {
    const char *names[OPTIONS_MAX + 1] = {NULL};
    const char *near;

    for (unsigned i = 0; i < OPTIONS_MAX && table[i].name != NULL; i++)
        names[i] = table[i].name;
    near = rb_nearest(word, length, names);
    cli_error("%s: unknown option %.*s%s%s%s; see `ringback help %s`", args->argv[0], (int)length, word,
              near != NULL ? " (did you mean " : "", near != NULL ? near : "", near != NULL ? "?)" : "", args->argv[0]);
}

int cli_args_next(struct cli_args *args, const struct cli_option *table) {
    const char *word = args->argv[args->next];
    size_t length;

    args->value = NULL;
    if (word == NULL || word[0] != '-' || word[1] == '\0')
        return ARGS_END;
    args->next++;
    if (strcmp(word, "--") == 0)
        return ARGS_END;
    length = strcspn(word, "=");
    for (int i = 0; table[i].name != NULL; i++) {
        const bool takes_value = table[i].value != NULL, optional = takes_value && table[i].value[0] == '[';

        if (strlen(table[i].name) != length || memcmp(table[i].name, word, length) != 0)
            continue;
        if (word[length] == '=')
            args->value = word + length + 1;
        else if (takes_value && !optional && args->argv[args->next] != NULL)
            args->value = args->argv[args->next++];
        if (optional || takes_value == (args->value != NULL))
            return i;
        cli_error("%s: %s takes %s value", args->argv[0], table[i].name, takes_value ? "a" : "no");
        return ARGS_BAD;
    }
    args__unknown(args, word, length, table);
    return ARGS_BAD;
}

int cli_args_choice(const struct cli_args *args, const char *option, const char *value, const char *const *choices) {
    const char *near = rb_nearest(value, strlen(value), choices);
    char allowed[128] = "";

    for (int i = 0; choices[i] != NULL; i++) {
        size_t length = strlen(allowed);
        if (strcmp(choices[i], value) == 0)
            return i;
        snprintf(allowed + length, sizeof(allowed) - length, "%s%s", i == 0 ? "" : ", ", choices[i]);
    }
    cli_error("%s: %s %s is not known%s%s%s: allowed are %s", args->argv[0], option, value,
              near != NULL ? " (did you mean " : "", near != NULL ? near : "", near != NULL ? "?)" : "", allowed);
    return ARGS_BAD;
}

bool cli_args_refuse_operands(const struct cli_args *args) {
    const char *operand = args->argv[args->next];

    if (operand == NULL)
        return false;
    cli_error("%s: does not take %s; see `ringback help %s`", args->argv[0], operand, args->argv[0]);
    return true;
}
