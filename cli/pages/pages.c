#include "pages.h"

#include <stdio.h>
#include <string.h>

static const struct page_table *const all[] = {pages_manual, pages_bash, pages_zsh};

static const struct page_table *pages__find(const char *name, size_t length) {
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (const struct page_table *table = all[i]; table->name != NULL; table++)
            if (strlen(table->name) == length && memcmp(table->name, name, length) == 0)
                return table;
    return NULL;
}

/* Returns whether the line could be printed. */
static int pages__line(const char *line) {
    const size_t length = line[0] == '@' ? strcspn(line + 1, "@\n") : 0;
    const struct page_table *table;

    if (length == 0 || line[length + 1] != '@') {
        fputs(line, stdout);
        return 1;
    }
    table = pages__find(line + 1, length);
    if (table != NULL)
        table->print();
    else
        fprintf(stderr, "ringback-pages: there is no table %.*s\n", (int)length, line + 1);
    return table != NULL;
}

int main(int argc, char **argv) {
    char line[1024];
    FILE *template = argc == 2 ? fopen(argv[1], "r") : NULL;
    int good = template != NULL;

    if (!good)
        fputs("usage: ringback-pages TEMPLATE\n", stderr);
    while (good && fgets(line, sizeof(line), template) != NULL)
        good = pages__line(line);
    if (template != NULL)
        fclose(template);
    return good && fflush(stdout) == 0 ? 0 : 1;
}
